"""Sets against a task's own one: differences by hand, scipy's sign test, Holm's steps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ddlib.benchmark.own_sets import against_own, on_own_task, values_of_sets
from tests.shared.examples import examples

DRAWS = 12
TASKS = ["a", "b", "c"]


def sets_of(numbers):
    """Sets for each of three tasks, from an array `(3, DRAWS, 3)`."""
    return {
        task: pd.DataFrame(values, columns=TASKS)
        for task, values in zip(TASKS, numbers, strict=True)
    }


def drawn(seed):
    return np.random.default_rng(seed).normal(size=(3, DRAWS, 3))


def rows_of(sets, method):
    return pd.DataFrame(
        [
            {"seed": seed, "task": task, "judged_on": judged, "method": method, "value": value}
            for task, values in sets.items()
            for (seed, judged), value in values.stack().items()
        ]
    )


def test_values_are_those_of_the_method_by_the_task_that_sets_are_made_for():
    sets, other = sets_of(drawn(0)), sets_of(drawn(1))
    rows = pd.concat([rows_of(sets, "descent"), rows_of(other, "another")])
    found = values_of_sets(rows.sample(frac=1, random_state=0), "descent")
    assert set(found) == set(TASKS)
    for task in TASKS:
        np.testing.assert_array_equal(found[task][TASKS], sets[task])
    own = on_own_task(values_of_sets(rows, "descent"))
    for place, task in enumerate(TASKS):
        np.testing.assert_array_equal(own[task], drawn(0)[place, :, place])


def test_a_method_without_rows_and_two_rows_of_a_draw_are_refused():
    rows = rows_of(sets_of(drawn(0)), "descent")
    with pytest.raises(ValueError, match="method = 'magic': has no rows"):
        values_of_sets(rows, "magic")
    with pytest.raises(ValueError, match="duplicate"):
        values_of_sets(pd.concat([rows, rows]), "descent")


def test_differences_are_to_the_own_set_draw_by_draw():
    numbers = drawn(2)
    table = against_own(sets_of(numbers)).set_index(["set", "judged_on"])
    assert len(table) == 6
    apart = numbers[1, :, 2] - numbers[2, :, 2]
    found = table.loc[("b", "c")]
    assert found["difference"] == pytest.approx(np.median(apart))
    assert (found["higher"], found["lower"]) == ((apart > 0).sum(), (apart < 0).sum())
    # Of 12 values the third smallest and largest have a coverage of 96 %: 1 - 2 P(B <= 2).
    assert (found["low"], found["high"]) == pytest.approx(tuple(np.sort(apart)[[2, -3]]))


def test_words_are_adjusted_for_all_cells_by_holm():
    numbers = drawn(3)
    numbers[0, :, 1] = numbers[1, :, 1] + 1  # worse on b in all 12 draws
    numbers[2, :, 0] = numbers[0, :, 0] + np.where(np.arange(DRAWS) < 10, -1, 1)  # better in 10
    table = against_own(sets_of(numbers)).set_index(["set", "judged_on"])
    p_values = [
        binomtest(int(one.higher), int(one.higher + one.lower)).pvalue for one in table.itertuples()
    ]
    told, order = set(), np.argsort(p_values)
    for rank, place in enumerate(order):
        if p_values[place] > 0.05 / (len(p_values) - rank):
            break
        told.add(table.index[place])
    assert ("a", "b") in told
    assert ("c", "a") not in told  # though its own p-value is 0.039
    assert table.loc[("c", "a"), "lower"] == 10
    assert {key for key in table.index if table.word[key] != "not told apart"} == told
    assert table.word[("a", "b")] == "higher"


def test_sets_that_are_made_for_no_task_are_compared_in_the_same_table():
    sets = sets_of(drawn(4))
    moments = pd.DataFrame(drawn(5)[0], columns=TASKS)
    table = against_own(sets, {"moments": moments})
    assert len(table) == 9
    found = table.set_index(["set", "judged_on"]).loc[("moments", "b")]
    assert found["difference"] == pytest.approx((moments["b"] - sets["b"]["b"]).median())
    with pytest.raises(ValueError, match=r"others = \['a'\]: are names of tasks"):
        against_own(sets, {"a": moments})


def test_other_draws_are_refused():
    sets = sets_of(drawn(6))
    with pytest.raises(ValueError, match="of other data sets"):
        against_own(sets, {"moments": sets["a"].iloc[1:]})


@examples(10)
@given(st.integers(0, 2**31), st.floats(0.5, 4.0))
def test_the_units_of_a_task_change_no_word(seed, factor):
    sets = sets_of(drawn(seed))
    scaled = {task: values.assign(b=factor * values["b"] + 3) for task, values in sets.items()}
    assert against_own(scaled)["word"].equals(against_own(sets)["word"])
