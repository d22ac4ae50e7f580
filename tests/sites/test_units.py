"""Warnings on units and on scales, from summaries alone."""

import numpy as np
import pandas as pd
import pytest

from ddlib.sites.common import common_scale
from ddlib.sites.scale import Scale
from ddlib.sites.summary import Summary, summarise
from ddlib.sites.units import scale_numbers, warn_of_scales, warn_of_units
from ddlib.tables import read_sources
from tests.sites.hospitals import TABLES, summary_of


def table(factor: float, shift: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """A table of a laboratory's value in some unit, and of a number of both signs."""
    drawn = np.random.default_rng(seed)
    values = {
        "crea": np.exp(drawn.normal(size=100) / 3) * factor,
        "base": drawn.normal(size=100) + shift,
    }
    return pd.DataFrame(values)


def warned(*tables: pd.DataFrame) -> list[str]:
    """What is warned of."""
    sites = {f"{place}.json": summary_of(own) for place, own in enumerate(tables)}
    return [note.text for note in warn_of_units(sites)]


def test_units_apart_are_named_as_tables_have_them() -> None:
    (line,) = warned(table(1.0), table(1000.0, seed=1))
    sources = read_sources({"0.json": table(1.0), "1.json": table(1000.0, seed=1)})
    (said,) = [note.text for note in sources.notes if "median" in note.text]
    assert line.startswith("column 'crea': its median is 1.0")
    assert said.startswith("column 'crea': its median is 1.0")
    assert "crea: 0.001" in line
    assert "in the settings of 1.json" in line
    (line,) = warned(table(88.42), table(1.0, seed=1))
    assert "crea: 88.42" in line


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_people_who_differ_a_little_are_no_units(factor: float) -> None:
    assert warned(table(1.0), table(factor, seed=1), table(1.0, seed=2)) == []


def test_numbers_of_both_signs_may_be_shifted() -> None:
    (line,) = warned(table(1.0), table(1.0, 9.0, seed=1))
    assert "column 'base'" in line
    assert "offset: …" in line


def test_scales_are_told_apart_by_what_they_are() -> None:
    first, second = (summary_of(own) for own in TABLES.values())
    scales = [common_scale({"a": first, "b": second}), common_scale({"a": first})]
    again = common_scale({"a": first, "b": second})  # the same one, from another file
    sites = {
        "own": first,
        **{
            name: on(TABLES["a"], scale)
            for name, scale in (("a", scales[0]), ("b", scales[1]), ("c", again))
        },
    }
    assert scale_numbers(sites) == {"own": 0, "a": 1, "b": 2, "c": 1}
    (note,) = warn_of_scales(sites)
    assert "2 shared scales (a, c; b)" in note.text
    assert warn_of_scales({"a": sites["a"], "c": sites["c"], "own": first}) == []


def on(own: pd.DataFrame, scale: Scale) -> Summary:
    """The summary of a table on a scale."""
    codes = scale.schema.encode(own)
    return summarise(scale.schema, codes, scale=scale)
