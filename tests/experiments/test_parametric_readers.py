"""Tables of case study 2: readers are named, errors are paired by draw, medians are the draws'."""

import numpy as np
import pandas as pd
import pytest

from ddlib.experiments.parametric import AT_ROWS, FEATURE, NOWHERE, PLAIN
from ddlib.experiments.parametric_readers import (
    READERS,
    errors_of,
    final_sets,
    medians_of,
    ratios_of,
)

SEEDS = range(6)


def stored(**errors):
    """Rows as `parametric` stores them: method -> errors under the PINN; ten times that without."""
    rows = [
        {"seed": seed, "method": method, "learner": FEATURE, "physics": physics, "last": True}
        | {"outside": factor * value, "inside": value / 10}
        for method, values in errors.items()
        for physics, factor in ((AT_ROWS, 1.0), (NOWHERE, 10.0))
        for seed, value in zip(SEEDS, values, strict=True)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def table():
    return stored(a=[1.0, 2, 3, 4, 5, 6], b=[2.0, 4, 6, 8, 10, 12])


def test_snapshots_and_learners_without_a_name_are_left_out(table):
    extra = table.iloc[:1]
    unnamed = extra.assign(physics="over the prior")
    early = extra.assign(last=False)
    other = extra.assign(learner=PLAIN)  # reads with the equation in no table
    found = final_sets(pd.concat([table, unnamed, early, other]))
    assert len(found) == len(table)
    assert found["reader"].value_counts().to_dict() == {"PINN": 12, "plain": 12}


def test_errors_stand_by_draw_in_columns_of_reader_and_method(table):
    errors = errors_of(final_sets(table.sample(frac=1, random_state=0)))
    assert [*errors.index] == [*SEEDS]
    assert errors["plain", "b"].tolist() == [20.0, 40, 60, 80, 100, 120]
    assert errors_of(final_sets(table), "inside")["PINN", "a"].iloc[-1] == pytest.approx(0.6)


def test_two_sets_of_a_method_on_a_draw_are_refused(table):
    with pytest.raises(ValueError, match="duplicate"):
        errors_of(final_sets(pd.concat([table, table])))


def test_medians_come_in_the_order_that_is_asked_for_and_in_that_of_the_readers(table):
    found = medians_of(errors_of(final_sets(table)), ["b", "not run", "a"])
    assert [*found.index] == ["b", "a"]
    assert [*found.columns] == ["PINN", "plain"] == [*READERS.values()][:2]
    np.testing.assert_allclose(found.loc["a"], [3.5, 35])


def test_ratios_are_paired_by_draw(table):
    found = ratios_of(errors_of(final_sets(table)), "a", ["b"])
    assert [*found] == ["PINN", "plain"]
    pair = found["PINN"]["over b"]
    assert pair.median == pytest.approx(0.5)
    assert (pair.wins, pair.losses) == (0, len(SEEDS))
