"""Merged from what sites tell is merged from their rows, to tolerances that are stated here."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.merge.merged import Merged, merge
from ddlib.merge.refit import refit
from ddlib.merge.summaries import merge_summaries, model_of, pooled_moments
from ddlib.sites import Moments, Summary, features_of, summarise
from ddlib.sites.read import read_summary
from ddlib.sites.write import summary_text
from ddlib.tables import Sources, read_sources
from tests.sites.hospitals import TABLES, on_one_scale, scale_of, summary_of

DIED = "died ~ ."
PBC = pd.read_csv(Path(__file__).parents[2] / "book/data/pbc.csv")


def assert_same(found: Moments, wanted: Moments) -> None:
    """Assert that moments are the same to 1e-6."""
    pairs = {pattern.seen.tobytes(): pattern for pattern in wanted.patterns}
    assert {pattern.seen.tobytes() for pattern in found.patterns} == pairs.keys()
    for pattern in found.patterns:
        twin = pairs[pattern.seen.tobytes()]
        assert pattern.rows == twin.rows
        np.testing.assert_allclose(pattern.sums, twin.sums, atol=1e-6)
        np.testing.assert_allclose(pattern.products, twin.products, atol=1e-6)


@pytest.fixture(scope="module")
def shared() -> dict[str, Summary]:
    return on_one_scale(read_sources(TABLES), min_count=1)


def test_moments_of_sites_are_those_of_all_rows(shared: dict[str, Summary], tmp_path) -> None:
    sources = read_sources(TABLES)
    (scale,) = {id(each.scale): each.scale for each in shared.values()}.values()
    codes, _ = sources.codes()
    wanted = Moments.of(scale.features, features_of(scale, codes))
    assert_same(pooled_moments(shared, scale), wanted)
    files = {}
    for label, each in shared.items():  # as files they lose nothing
        path = tmp_path / f"{label}.json"
        path.write_text(summary_text(each))
        files[label] = read_summary(path)
    assert_same(pooled_moments(files, scale), wanted)


def test_a_site_cut_in_two_and_in_another_order(shared: dict[str, Summary]) -> None:
    scale = shared["a"].scale
    codes = scale.schema.encode(read_sources(TABLES).tables["b"])
    halves = {
        str(half): summarise(scale.schema, codes[half::2], scale=scale, min_count=1)
        for half in (0, 1)
    }
    cut = {**halves, "a": shared["a"]}
    assert_same(pooled_moments(cut, scale), pooled_moments(shared, scale))
    whole, parts = (model_of(each, num_draws=2, seed=0) for each in (shared, cut))
    np.testing.assert_allclose(
        whole.copula.correlation, parts.copula.correlation, rtol=0, atol=1e-6
    )


@cache
def pbc_sites() -> Sources:
    return read_sources({str(k): PBC.iloc[k::3] for k in range(3)})


@cache
def of_rows() -> Merged:
    return merge(pbc_sites(), [DIED], num_draws=10)


def merged_pbc(min_count: int) -> tuple[Merged, Merged]:
    """Rows merged from rows, and from what three sites tell of them on one scale."""
    sources = pbc_sites()
    schema = sources.schema.without_keys()
    scale = scale_of(schema, sources.codes()[0], min_count=10)
    told = {
        label: summarise(schema, schema.encode(each), scale=scale, min_count=min_count)
        for label, each in sources.tables.items()
    }
    return of_rows(), merge_summaries(told, [DIED], num_draws=10)


@pytest.fixture(scope="module")
def pbc() -> tuple[Merged, Merged]:
    return merged_pbc(1)  # nothing is left out: what is tested is how moments are merged


def test_correlations_are_near_those_of_the_rows(pbc: tuple[Merged, Merged]) -> None:
    rows, told = pbc
    apart = np.abs(rows.copula.correlation - told.copula.correlation)
    numbers = np.array([kind in ("number", "count") for kind in rows.copula.kinds])
    assert apart[np.ix_(numbers, numbers)].max() <= 0.08
    assert apart.max() <= 0.15  # of two rare levels
    assert apart[np.triu_indices(len(apart), 1)].mean() <= 0.03


def test_coefficients_and_their_errors_are_near_those_of_the_rows(
    pbc: tuple[Merged, Merged],
) -> None:
    rows, told = (each.pooled[DIED].table() for each in pbc)
    assert [*rows["term"]] == [*told["term"]]
    apart = (told["estimate"] - rows["estimate"]) / rows["standard error"]
    assert apart.abs().max() <= 2.0
    assert (apart**2).mean() ** 0.5 <= 0.8
    ratio = told["standard error"] / rows["standard error"]
    assert ratio.between(0.6, 1.6).all()
    assert ratio.mean() == pytest.approx(1, abs=0.12)


def test_rows_find_the_pooled_coefficients(pbc: tuple[Merged, Merged]) -> None:
    _, told = pbc
    assert told.method == "calibrated"
    assert told.questions[DIED].num_rows == told.model.real_rows == len(PBC)
    assert 50 < told.worth[DIED] <= len(PBC)
    assert refit(told.pooled[DIED], told.codes, told.weights).usable
    assert not told.schema.faults(told.rows.drop(columns="weight"))


def test_small_sites_lose_their_rare_levels() -> None:
    rows, told = merged_pbc(10)
    names = [[*each.schema.names] for each in (rows, told)]
    assert {*names[0]} - {*names[1]} == {"stage"}  # a level of fewer than 10 at each site
    places = [names[0].index(name) for name in names[1]]
    apart = np.abs(rows.copula.correlation[np.ix_(places, places)] - told.copula.correlation)
    numbers = np.array([kind in ("number", "count") for kind in told.copula.kinds])
    assert apart[np.ix_(numbers, numbers)].max() <= 0.08
    assert apart[np.triu_indices(len(apart), 1)].mean() <= 0.1
    assert not told.schema.faults(told.rows.drop(columns="weight"))


def test_sites_with_scales_of_their_own() -> None:
    own = {label: summary_of(table) for label, table in TABLES.items()}
    one = on_one_scale(read_sources(TABLES))
    first, second = (model_of(each, num_draws=2, seed=0).copula for each in (own, one))
    assert first.kinds == second.kinds
    assert np.abs(first.correlation - second.correlation).max() <= 0.1
    names = [*read_sources(TABLES).schema.without_keys().names]
    i, j = names.index("visits"), names.index("bili")
    assert not first.seen[i, j]
    precision = np.linalg.inv(first.correlation)
    at = [first.places[k].start for k in (i, j)]
    assert abs(precision[at[0], at[1]]) < 1e-6


def test_the_same_seed_gives_the_same_rows(shared: dict[str, Summary]) -> None:
    first, second = (
        merge_summaries(shared, [DIED], num_rows=40, num_draws=2, seed=3) for _ in range(2)
    )
    pd.testing.assert_frame_equal(first.rows, second.rows)
    assert any("never seen together" in note.text for note in first.notes)
