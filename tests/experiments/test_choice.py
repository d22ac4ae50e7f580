"""The choice on validation rows: the lowest value, and what a diverging descent does to it."""

from math import inf, nan

import pytest
import torch

from ddlib.experiments.choice import Diverged, best_on_validation
from ddlib.problem import Distillation, Snapshot


def descend_with(looks):
    """Return a descent whose looks at validation rows are `looks[settings]`; None diverges."""

    def descend(settings):
        if looks[settings] is None:
            raise FloatingPointError("rows: not finite")
        rows = torch.zeros(1, 1)
        return Distillation(tuple(Snapshot(i, rows, v) for i, v in enumerate(looks[settings])))

    return descend


def test_the_settings_with_the_lowest_look_win():
    looks = {0.1: [3.0, 2.0], 0.2: [3.0, 1.0, 5.0], 0.3: [3.0, 4.0]}
    settings, run = best_on_validation([*looks], descend_with(looks))
    assert (settings, run.chosen.step, run.chosen.validation) == (0.2, 1, 1.0)


def test_of_equals_the_first_wins():
    assert best_on_validation([2, 1], descend_with({1: [0.0], 2: [0.0]}))[0] == 2


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3)])
def test_what_diverges_or_is_nan_throughout_is_out(order):
    looks = {1: None, 2: [nan, nan], 3: [inf, nan]}
    assert best_on_validation(order, descend_with(looks))[0] == 3


def test_that_all_diverge_is_said_with_the_settings():
    with pytest.raises(Diverged, match=r"diverges with each of \[\(0.1, 1.0\)\]"):
        best_on_validation([(0.1, 1.0)], descend_with({(0.1, 1.0): [nan]}))
