"""A method that is chosen on other data sets, against a choice by brute force."""

from itertools import product
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.claims.choice import chosen_elsewhere
from tests.shared.examples import examples


@st.composite
def values(draw, tasks=3, methods=3, seeds=5):
    """Return task, method and seed -> a small whole number: ties are common."""
    counts = [draw(st.integers(1, tasks)), draw(st.integers(1, methods))]
    counts.append(draw(st.integers(2, seeds)))
    keys = list(product(*(range(count) for count in counts)))
    numbers = draw(st.lists(st.integers(-3, 3), min_size=len(keys), max_size=len(keys)))
    return dict(zip(keys, map(float, numbers), strict=True))


def table_of(found):
    rows = [(f"t{task}", f"m{m}", seed, value) for (task, m, seed), value in found.items()]
    return pd.DataFrame(rows, columns=["task", "method", "seed", "value"])


def chosen(found):
    """Return (task, chosen on, seed) -> value."""
    table = chosen_elsewhere(table_of(found), task="task", method="method")
    keys = ["task", "chosen_on", "seed"]
    assert not table.duplicated(keys).any()
    return table.set_index(keys)["value"].to_dict()


def by_brute_force(found):
    """Return the same, by trying all methods on all other data sets."""
    tasks, methods, seeds = (sorted({key[i] for key in found}) for i in range(3))
    expected = {}
    for judged, task, seed in product(tasks, tasks, seeds):
        score = {m: median(found[task, m, i] for i in seeds if i != seed) for m in methods}
        best = min(methods, key=score.__getitem__)  # the first of those that are as good
        expected[f"t{judged}", f"t{task}", seed] = found[judged, best, seed]
    return expected


@examples(12)
@given(values())
def test_the_choice_is_that_of_brute_force(found):
    assert chosen(found) == by_brute_force(found)


@examples(12)
@given(values(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(found, random):
    shuffled = random.sample(list(found.items()), len(found))
    assert chosen(dict(shuffled)) == chosen(found)


@examples(12)
@given(values(), st.data())
def test_a_data_set_never_chooses_the_method_that_it_is_judged_with(found, data):
    """Whether its own values praise the first methods or the last ones, the choice stays."""
    seed = data.draw(st.sampled_from(sorted({key[2] for key in found})))

    def choices(sign):
        """Return the chosen methods, which the values of the data set tell."""
        marked = {k: sign * (100.0 + k[1]) if k[2] == seed else v for k, v in found.items()}
        return {k: sign * value for k, value in chosen(marked).items() if k[2] == seed}

    assert choices(1.0) == choices(-1.0)


@examples(12)
@given(values(methods=4), st.data())
def test_a_method_without_a_value_somewhere_is_as_if_it_were_not_there(found, data):
    methods = sorted({key[1] for key in found})
    lacking = data.draw(st.sets(st.sampled_from(methods), max_size=len(methods) - 1))
    rest = {key: value for key, value in found.items() if key[1] not in lacking}
    holes = dict(found)
    for method in sorted(lacking):
        own = [key for key in found if key[1] == method]
        holes |= dict.fromkeys(own, -9.0)  # it would be the best
        hole = data.draw(st.sampled_from(own))
        holes[hole] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
        if data.draw(st.booleans()):
            del holes[hole]
    assert chosen(holes) == by_brute_force(rest)


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        ({(0, 0, 0): 1.0, (1, 0, 0): 2.0}, "1 data sets, 1 methods"),
        ({(0, 0, 0): np.nan, (0, 0, 1): 2.0}, "2 data sets, 0 methods"),
        ({(0, 0, 0): 1.0, (0, 0, 1): 2.0, (1, 1, 0): 1.0, (1, 1, 1): 1.0}, "2 data sets, 0 method"),
    ],
)
def test_a_choice_needs_two_data_sets_and_a_method(found, counts):
    with pytest.raises(ValueError, match=rf"^table: {counts}.*; must be at least two and one$"):
        chosen(found)
