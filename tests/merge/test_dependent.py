"""A warning where correlations from several sites hardly fit together, and none on real rows."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ddlib.merge.dependent import warn_of_dependent
from ddlib.merge.merged import merge
from ddlib.merge.summaries import merge_summaries
from ddlib.sites.common import common_scale
from ddlib.sites.summary import Summary, summarise
from ddlib.sites.tables import read_site
from ddlib.tables import Column, Schema, Settings, read_sources

FILES = sorted(Path("book/data").glob("hospital_*.csv"))
SCHEMA = Schema(tuple(Column(name, "number", (), 0.0, 1.0) for name in "abc"))
DIED = "died ~ ."


def noted(correlation: list[list[float]]) -> list[str]:
    """What is said of three numbers with a correlation."""
    copula: Any = SimpleNamespace(
        correlation=np.array(correlation), places=[slice(k, k + 1) for k in range(3)]
    )
    return [note.text for note in warn_of_dependent(copula, SCHEMA)]


def test_a_pair_that_depends_given_the_third_alone_is_named() -> None:
    # The partial correlation of a and b is (r - st) / √((1 - s²)(1 - t²)).
    r, s, t = 0.0, 0.69, 0.7
    wanted = (r - s * t) / np.sqrt((1 - s**2) * (1 - t**2))
    (line,) = noted([[1, r, s], [r, 1, t], [s, t, 1]])
    assert f"that of a and b is {wanted:+.2f}, but +0.00 alone" in line
    assert noted([[1, 0.45, s], [0.45, 1, t], [s, t, 1]]) == []


@pytest.mark.parametrize("r", [-0.99, 0.0, 0.99])
def test_columns_that_are_nearly_the_same_are_no_such_pair(r: float) -> None:
    assert noted([[1, r, 0], [r, 1, 0], [0, 0, 1]]) == []


def told(path: Path, scale=None) -> Summary:
    """The summary of a hospital."""
    site = read_site([path], Settings(), scale)
    return summarise(site.schema, site.codes, scale=scale)


def test_the_hospitals_of_the_readme_are_warned_of_and_not_their_rows() -> None:
    scale = common_scale({path.name: told(path) for path in FILES})
    sites = {path.name: told(path, scale) for path in FILES}
    notes = merge_summaries(sites, [DIED], num_draws=2).notes
    (line,) = [n.text for n in notes if n.level == "warning" and "hardly fit" in n.text]
    assert "sex" in line  # one hospital tells of it
    rows = merge(read_sources(FILES), [DIED], num_draws=2)
    assert warn_of_dependent(rows.copula, rows.schema) == []
