"""Small tables of two hospitals with columns of all kinds, merged quickly, for tests."""

from functools import cache

import numpy as np
import pandas as pd

from ddlib.merge.merged import Merged, merge
from ddlib.tables import Settings, read_sources

DIED = "died ~ ."
QUICK = {"num_rows": 40, "num_draws": 2}


def hospitals(seed: int = 0, num_rows: int = 110) -> dict[str, pd.DataFrame]:
    """Two tables, each of which lacks a column of the other; cells of the second are missing."""
    drawn = np.random.default_rng(seed)
    z = drawn.normal(size=num_rows)
    table = pd.DataFrame(
        {
            "age": (60 + 9 * z).round(1),
            "bili": np.exp(drawn.normal(0.4 * z, 0.7)),
            "visits": drawn.poisson(np.exp(1 + 0.3 * z)),
            "sex": drawn.choice(["f", "m"], num_rows),
            "stage": 1 + np.digitize(z + drawn.normal(size=num_rows), [-1, 0, 1]),
            "ward": drawn.choice(["north", "south", "west"], num_rows),
            "died": (z + drawn.logistic(size=num_rows) > 0).astype(int),
        }
    )
    half = num_rows // 2
    first, second = table.iloc[:half], table.iloc[half:].drop(columns="visits")
    holes = drawn.random(second.shape) < 0.05
    return {"a": first.drop(columns="bili"), "b": second.mask(holes)}


def merged(tables, *tasks: str, settings: Settings | None = None, **arguments) -> Merged:
    """Merge tables for tasks, from the tables as they are to rows as they are written."""
    sources = read_sources(tables, settings)
    return merge(sources, list(tasks) or [DIED], **{**QUICK, **arguments})


@cache
def as_they_came(*tasks: str, **arguments) -> Merged:
    """Merge the hospitals as they are, once for all tests that compare with it."""
    return merged(hospitals(), *tasks, **arguments)


def sorted_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows and columns in an order that tells nothing of how they came."""
    columns = sorted(map(str, rows))
    return rows[columns].sort_values(columns, ignore_index=True)


def estimates(found: Merged) -> dict[tuple[str, str], tuple[float, float]]:
    """Estimate and standard error of each coefficient, by outcome and term."""
    tables = [pooled.table() for pooled in found.pooled.values()]
    return {
        (row["outcome"], row["term"]): (row["estimate"], row["standard error"])
        for table in tables
        for _, row in table.iterrows()
    }


def assert_same(found: Merged, wanted: Merged) -> None:
    """Assert that rows with their weights, worth, loss and coefficients are the same to 1e-9."""
    pd.testing.assert_frame_equal(
        sorted_rows(found.rows), sorted_rows(wanted.rows), check_dtype=False, rtol=1e-9, atol=1e-9
    )
    assert found.method == wanted.method
    for one, other in ((found.worth, wanted.worth), (found.loss, wanted.loss)):
        np.testing.assert_allclose([*one.values()], [*other.values()], rtol=1e-9, atol=1e-9)
    ours, theirs = estimates(found), estimates(wanted)
    assert ours.keys() == theirs.keys()
    for term, pair in theirs.items():
        np.testing.assert_allclose(ours[term], pair, rtol=1e-9, atol=1e-9)
