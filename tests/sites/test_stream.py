"""Batches of files add up to what their rows tell when they are read whole."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.cli import main
from ddlib.sites.batches import Batches, num_rows
from ddlib.sites.common import common_scale
from ddlib.sites.read import read_summary
from ddlib.sites.stream import summarise_files
from ddlib.sites.summary import summarise
from ddlib.tables import Settings, TablesError, read_sources
from tests.merge.people import hospitals
from tests.sites.hospitals import moments_of, summary_of

TABLE = hospitals(seed=4, num_rows=6000)["b"]
DATED = TABLE.assign(seen=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(3000) % 700, "D"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "b.parquet"
    DATED.to_parquet(path)
    return path


def test_batches_have_the_codes_of_the_table(file: Path) -> None:
    sources = read_sources([file], alone=True)
    schema = sources.schema.without_keys()
    batches = [*Batches((file,), schema.columns, Settings(), rows=700)]
    assert [len(batch) for batch in batches] == [700] * 4 + [200]
    np.testing.assert_array_equal(np.concatenate(batches), schema.encode(DATED))


@pytest.mark.parametrize("rows", [400, 1700, 10_000])
def test_a_stream_adds_up_to_the_whole(file: Path, rows: int) -> None:
    scale = common_scale({"b": summary_of(DATED)})
    sources = read_sources([file], alone=True)
    codes = sources.codes()[0]
    found = summarise_files([file], Settings(min_count=1), scale, rows=rows)
    wanted = summarise(scale.schema, codes, scale=scale, min_count=1)
    ours, theirs = moments_of(found), moments_of(wanted)
    assert ours.keys() == theirs.keys()
    for key, (count, sums, products) in theirs.items():
        assert ours[key][0] == count
        np.testing.assert_allclose(ours[key][1], sums, atol=1e-8)
        np.testing.assert_allclose(ours[key][2], products, atol=1e-8)
    for one, other in zip(found.margins, wanted.margins, strict=True):
        assert one.seen == other.seen
        if other.counts is not None:
            np.testing.assert_array_equal(one.counts, other.counts)


def test_laws_of_batches_are_those_of_all_rows(file: Path) -> None:
    found = summarise_files([file], Settings(), rows=500)
    assert found.rows == found.moments.rows == 2993  # the rest show what fewer than 10 rows do
    assert min(pattern.rows for pattern in found.moments.patterns) >= 10
    values = DATED["age"].dropna().to_numpy()
    law = found.margins[found.scale.names.index("age")].law
    assert law is not None
    at = np.quantile(values, np.linspace(0.02, 0.98, 49))
    np.testing.assert_allclose(law.upto(at), (values <= at[:, None]).mean(1), atol=0.02)


def test_shards_in_another_order_tell_the_same(tmp_path: Path) -> None:
    scale = common_scale({"b": summary_of(DATED)})
    paths = [tmp_path / f"{k}.parquet" for k in range(3)]
    for k, path in enumerate(paths):
        DATED.iloc[k::3].to_parquet(path)
    first, second = (
        moments_of(summarise_files(order, Settings(min_count=1), scale, rows=300))
        for order in (paths, paths[::-1])
    )
    assert first.keys() == second.keys()
    for key, (count, sums, _) in first.items():
        assert second[key][0] == count
        np.testing.assert_allclose(second[key][1], sums, atol=1e-8)


def test_settings_hold_for_batches(tmp_path: Path) -> None:
    path = tmp_path / "site.parquet"
    table = TABLE.rename(columns={"age": "Age"}).assign(bili=TABLE["bili"].fillna(-9.0))
    table.to_parquet(path)
    settings = Settings(
        min_count=1,
        rename={"Age": "age"},
        missing={"bili": [-9]},
        units={"site.parquet": {"bili": 2.0}},
        levels={"sex": {"f": "woman"}},
    )
    found = summarise_files([path], settings, rows=400)
    sources = read_sources([path], settings, alone=True)
    wanted = summarise(sources.schema.without_keys(), sources.codes()[0], min_count=1)
    for one, other in zip(found.margins, wanted.margins, strict=True):
        assert one.seen == other.seen
        if other.counts is not None:
            np.testing.assert_array_equal(one.counts, other.counts)
    law, own = (s.margins[s.scale.names.index("bili")].law for s in (found, wanted))
    assert law is not None
    assert own is not None
    assert law.high[-1] == pytest.approx(own.high[-1], rel=0.3)


def test_texts_are_no_numbers(tmp_path: Path) -> None:
    scale = common_scale({"b": summary_of(DATED)})
    path = tmp_path / "odd.parquet"
    TABLE.assign(age="old").to_parquet(path)
    with pytest.raises(TablesError, match=r"odd\.parquet: column 'age': is .*; must be numbers"):
        summarise_files([path], Settings(), scale)


def test_large_files_are_read_in_batches(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert num_rows([file]) == 3000
    assert num_rows([file, Path("a.csv")]) == 0
    monkeypatch.setattr("ddlib.report.summarize.LARGE", 1000)
    out = file.with_name("b.json")
    assert main(["summarize", str(file), "--out", str(out)]) == 0
    assert "2994 rows of 7 columns" in capsys.readouterr().out
    assert read_summary(out).rows == 2994
