"""An attack on summaries: invert the products of a level with a score. It must find no few people.

The sum of a score over the rows of a level, or over the rows in which two levels differ, is a
person's score where there is one such row.
"""

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.sites.alike import Alike
from ddlib.sites.features import features_of
from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.rare import kept_groups
from ddlib.sites.read import read_summary
from ddlib.sites.scale import Scale
from ddlib.sites.stream import summarise_files
from ddlib.sites.summary import Summary, summarise
from ddlib.sites.write import summary_text
from ddlib.tables import Column, Schema, Settings, read_sources
from tests.sites.hospitals import moments_of, scale_of, summary_of

DATA = Path("book/data")
LEVELS = (
    Column("sex", "binary", ("f", "m")),
    Column("stage", "ordered", (1, 2, 3, 4)),
    Column("ward", "category", ("a", "b", "c")),
)
SCHEMA = Schema((Column("x", "number", (), 0.0, 1.0), *LEVELS))


def groups_told(pattern: Pattern, scale: Scale) -> dict[str, np.ndarray]:
    """What an attacker reads of the rows of each level: how many, then the sums of features."""
    places = np.nonzero(pattern.seen)[0].tolist()
    rows = dict(zip(places, np.column_stack([pattern.sums, pattern.products]), strict=True))
    everybody = np.append(pattern.rows, pattern.sums)
    found: dict[str, np.ndarray] = {}
    for column, place in zip(scale.columns, scale.places, strict=True):
        own = [rows[i] for i in range(place.start, place.stop) if i in rows]
        if not column.levels or not own:
            continue
        upper = own if column.kind == "category" else [*own[1:], 0 * everybody]
        levels = (
            own if column.kind == "category" else [a - b for a, b in zip(own, upper, strict=True)]
        )
        levels = [everybody - np.sum(levels, axis=0), *levels]
        for level, sums in zip(column.levels, levels, strict=True):
            found[f"{column.name}|{level}"] = sums
    return found


def attacked(summary: Summary) -> Iterator[int]:
    """The numbers of rows over which an attacker finds sums of scores, from the file alone."""
    for pattern in summary.moments.patterns:
        yield pattern.rows
        found = groups_told(pattern, summary.scale)
        names = [n for n, seen in zip(summary.scale.features, pattern.seen, strict=True) if seen]
        for sums in found.values():
            yield round(sums[0])
        for one, other in combinations(found, 2):
            (first, _), (second, level) = one.split("|"), other.split("|")
            sign = "=" if summary.scale.schema[second].kind == "category" else ">="
            name = f"{second} {sign} {level}"
            last = summary.scale.schema[second].levels[-1]
            if first == second or name not in names:
                continue
            if sign == "=" or level == str(last):  # then the feature is the level
                common = round(found[one][1 + names.index(name)])
                apart = round(found[one][0] + found[other][0]) - 2 * common
                yield from (apart, pattern.rows - apart)


def fewest(summary: Summary) -> int:
    """The least number of rows of which the attack finds a sum."""
    return min(rows for rows in attacked(summary) if rows > 0)


def one_man(rows: int = 10) -> np.ndarray:
    """Codes in which one man is among women."""
    drawn = np.random.default_rng(3)
    codes = np.column_stack([drawn.random(rows), *np.zeros((3, rows))])
    codes[4, 1] = 1.0
    return codes


def test_without_the_rule_the_one_man_of_a_pattern_is_read_off() -> None:
    codes = one_man()
    scale = scale_of(SCHEMA, codes, min_count=5)
    phi = features_of(scale, codes)
    moments = Moments.of(scale.features, phi)
    (pattern,) = moments.patterns
    man = groups_told(pattern, scale)["sex|m"]
    assert man == pytest.approx([1, *phi[4]])  # his whole record
    (left,) = moments.cut(kept_groups(moments, scale, Alike(scale, 5), min_count=5)).patterns
    assert not any("sex" in key for key in groups_told(left, scale))
    assert left.rows == 10


def test_with_the_rule_it_is_not_in_the_file_and_a_note_says_so(
    tmp_path: Path,
) -> None:
    summary = summarise(SCHEMA, one_man(40), min_count=10)
    path = tmp_path / "a.json"
    path.write_text(summary_text(summary), "utf-8")
    again = read_summary(path)
    assert fewest(again) >= 10
    assert "sex" not in again.scale.names
    assert again.notes[-1].endswith("left out: sex (minimum count 10)")
    (line,) = [line for line in again.notes if "levels" in line]
    assert "fewer than 10 rows" in line
    assert "about 40 cells" in line
    off = summarise(SCHEMA, one_man(40), min_count=1)
    assert fewest(off) == 1
    assert not off.notes


@pytest.mark.parametrize("name", ["hospital_a.csv", "hospital_b.csv", "hospital_c.csv"])
@pytest.mark.parametrize("least", [5, 10, 20])
def test_no_sum_over_few_people_is_read_off_the_hospitals(name: str, least: int) -> None:
    sources = read_sources([DATA / name], Settings(min_count=least), alone=True)
    schema = sources.schema.without_keys()
    summary = summarise(schema, sources.codes()[0], min_count=least)
    assert fewest(summary) >= least


@pytest.mark.parametrize("name", ["indo_rct.csv", "pbc.csv"])
def test_no_sum_over_few_people_is_read_off_trials(name: str) -> None:
    summary = summary_of(pd.read_csv(DATA / name))
    assert fewest(summary) >= 10
    assert len(summary.moments.patterns) > 0


def test_no_sum_over_few_people_is_read_off_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.read_csv(DATA / "hospital_a.csv").to_parquet(path)
    found = [summarise_files([path], Settings(), rows=rows) for rows in (60, 10_000)]
    assert min(map(fewest, found)) >= 10
    (line,) = [line for line in found[0].notes if "levels" in line]
    assert line in found[1].notes
    assert moments_of(found[0]).keys() == moments_of(found[1]).keys()


def sets_of_rows(column: Column, codes: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of each level, and of each cut of levels in order."""
    for level in range(len(column.levels)):
        yield codes == level
        if column.kind != "category":
            yield codes >= level


@given(
    cells=st.lists(
        st.tuples(
            st.sampled_from([0, 0, 0, 1]), st.integers(0, 3), st.sampled_from([0, 0, 1, 2, 2])
        ),
        min_size=8,
        max_size=60,
    ),
    least=st.integers(2, 8),
)
def test_what_is_kept_tells_of_none_or_enough_rows(cells, least: int) -> None:
    codes = np.column_stack([np.linspace(0, 1, len(cells)), np.array(cells, dtype=np.float64)])
    scale = scale_of(SCHEMA, codes, min_count=least)
    before = Moments.of(scale.features, features_of(scale, codes))
    keeps = kept_groups(before, scale, Alike(scale, least), min_count=least)
    (after,) = before.cut(keeps).patterns
    kept = [j for j in (1, 2, 3) if after.seen[scale.places[j]].all()]
    sets = {j: [*sets_of_rows(SCHEMA.columns[j], codes[:, j])] for j in (1, 2, 3)}

    def few(columns: list[int]) -> bool:
        """Whether rows of these columns tell of too few."""
        counts = [rows.sum() for j in columns for rows in sets[j]]
        for one, other in combinations(columns, 2):
            apart = [(a != b).sum() for a, b in product(sets[one], sets[other])]
            counts += [*apart, *(len(codes) - count for count in apart)]
        return any(0 < count < least for count in counts)

    assert after.seen[0]
    assert not few(kept)
    for j in {1, 2, 3} - {*kept}:  # none is left out for nothing
        assert few([1, 2, 3])
        assert few([j]) or any(few([j, other]) for other in {1, 2, 3} - {j})


def test_patterns_that_show_the_same_then_are_added_and_empty_ones_fall_out() -> None:
    codes = np.vstack([one_man(12), one_man(15), one_man(11)])
    codes[:12, 2:] = codes[12:27, 1:] = np.nan  # the first 12 show sex as well
    codes[27:, 0] = codes[27:, 2:] = np.nan  # sex alone
    scale = scale_of(SCHEMA, codes, min_count=10)
    moments = Moments.of(scale.features, features_of(scale, codes))
    assert len(moments.patterns) == 3
    keeps = kept_groups(moments, scale, Alike(scale, 10), min_count=10)
    (only,) = moments.cut(keeps).patterns
    assert only.rows == 27
    assert only.sums == pytest.approx(features_of(scale, codes)[:27, :1].sum(0))
    told = summarise(SCHEMA, codes, scale=scale, min_count=10)
    assert "about 20 cells" in told.notes[0]  # 23
