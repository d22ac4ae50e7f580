"""What a report says of columns that summaries leave out."""

import re

import numpy as np
import pandas as pd

from ddlib.merge.summaries import merge_summaries
from ddlib.report.lost_columns import REVEALS, lost_columns
from ddlib.sites.private import private_summary
from ddlib.sites.summary import Summary, summarise
from ddlib.tables import Column, Schema
from tests.sites.hospitals import TABLES, summary_of

SCHEMA = Schema(
    (
        Column("x", "number", (), -5.0, 5.0),
        Column("sex", "binary", ("f", "m"), dtype="str"),
        Column("stage", "ordered", (1, 2, 3), dtype="int64"),
        Column("rare", "binary", (0, 1), dtype="int64"),
    )
)


def codes() -> np.ndarray:
    """Codes of two patterns, in which 4 women have stage 3; 6 and 4 have a rare level."""
    counts = {60: (13, 13, 4, 11, 11, 8), 40: (8, 8, 4, 6, 6, 8)}  # of sex and stage, by rows
    pairs = np.concatenate([np.repeat(np.arange(6), own) for own in counts.values()])
    drawn = np.random.default_rng(2)
    x = np.where(np.arange(100) < 60, drawn.standard_normal(100), np.nan)
    rare = np.arange(100) % 10 == 1
    return np.column_stack([x, pairs // 3, pairs % 3, rare]).astype(float)


def cells(*parts: object) -> list[list[str]]:
    """The cells of a table's rows, as text."""
    rows = re.findall("<tr>(.*?)</tr>", str(parts[0]), re.DOTALL)
    found = [re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub("<[^>]*>", "", cell) for cell in row] for row in found]


def pairs_of(summary: Summary) -> int:
    """Pairs of levels in 1 to 9 rows, counted in rows: of the patterns of x and without x."""
    table = pd.DataFrame(codes()[:, 1:3], columns=["sex", "stage"])
    shown = summary.moments.patterns
    assert len(shown) == 2
    parts = [table[:60], table[60:]]
    return sum(
        int(((counts > 0) & (counts < 10)).sum())
        for counts in (pd.crosstab(part["sex"], part["stage"]).to_numpy() for part in parts)
    )


def test_columns_that_a_site_lacks_and_lost_are_said() -> None:
    own = summarise(SCHEMA, codes())
    other = summary_of(TABLES["a"])
    found = lost_columns({"own": own, "other": other})
    _, first, second = cells(*found)
    assert first[:2] == ["own", "age, visits, ward, died"]
    assert first[2] == "rare"
    assert second[1] == "x, rare"
    assert first[4] == f"{pairs_of(own)}"
    assert int(first[4]) > 0
    assert found[1] == REVEALS


def test_cells_that_are_lost_in_part_are_counted() -> None:
    own = summary_of(TABLES["b"])
    _, row = cells(*lost_columns({"own": own}))
    shown = {name: 0 for name in own.scale.names}
    for pattern in own.moments.patterns:
        for name, place in zip(own.scale.names, own.scale.places, strict=True):
            shown[name] += pattern.rows * bool(pattern.seen[place].all())
    wanted = [
        f"{name} ({shown[name]} of {margin.seen})"
        for name, margin in zip(own.scale.names, own.margins, strict=True)
        if shown[name] < margin.seen
    ]
    assert row[3] == ", ".join(wanted)
    assert wanted


def test_noise_hides_pairs() -> None:
    told = private_summary(SCHEMA, codes(), epsilon=1.0, delta=1e-6)
    found = lost_columns({"own": told})
    assert len(found) == 1
    assert cells(*found)[1] == ["own", "none", "none", "none", "hidden by noise"]


def test_a_column_that_one_site_lost_is_warned_of() -> None:
    often = codes()
    often[:, 3] = np.arange(100) % 2
    sites = {"own": summarise(SCHEMA, codes()), "other": summarise(SCHEMA, often)}
    merged = merge_summaries(sites, ["x ~ sex"], num_rows=20, num_draws=2)
    warned = {note.sources: note.columns for note in merged.notes if note.level == "warning"}
    assert warned[("own",)] == ("rare",)
    assert ("other",) not in warned
