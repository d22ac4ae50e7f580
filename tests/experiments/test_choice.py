"""The choice on validation rows: the lowest value, and what a diverging descent does to it."""

from math import inf, log2, nan

import pytest
import torch

from ddlib.experiments.choice import Diverged, best_on_validation, best_step_size
from ddlib.problem import Cost, Distillation, Snapshot


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


def quadratic(best, tried, *, diverges_above=inf):
    """Return a descent that is the better, the nearer its step size to `best`; notes each."""

    def descend(step_size):
        tried.append(step_size)
        if step_size > diverges_above:
            raise FloatingPointError("rows: not finite")
        value = abs(log2(step_size / best))
        snapshot = Snapshot(0, torch.zeros(1, 1), value, Cost(evaluations=7))
        return Distillation((snapshot,))

    return descend


@pytest.mark.parametrize(("best", "sizes"), [(1, 3), (2, 4), (16, 7), (1 / 16, 7)])
def test_step_sizes_are_tried_until_the_best_has_worse_ones_on_both_sides(best, sizes):
    tried = []
    choice = best_step_size(1.0, quadratic(best, tried), factor=2.0, widenings=5)
    assert (choice.step_size, choice.at_edge) == (best, False)
    assert len(tried) == len(set(tried)) == sizes
    assert choice.cost == Cost(evaluations=7 * sizes)


def test_a_choice_at_an_edge_warns():
    tried = []
    with pytest.warns(UserWarning, match="step size 4 is at an edge of those tried"):
        choice = best_step_size(1.0, quadratic(64, tried), factor=2.0, widenings=1)
    assert (choice.step_size, choice.at_edge) == (4, True)
    assert sorted(tried) == [0.5, 1, 2, 4]


def test_a_step_size_that_diverges_is_an_end_of_the_grid():
    tried = []
    descend = quadratic(1, tried, diverges_above=0.3)
    choice = best_step_size(1.0, descend, factor=2.0, widenings=9)
    # 1 and 2 diverge, 0.5 too: the grid goes down until one does not, and one further.
    assert (choice.step_size, choice.at_edge) == (0.25, False)
    assert sorted(tried) == [0.125, 0.25, 0.5, 1, 2]


def test_that_all_step_sizes_diverge_is_said():
    with pytest.raises(Diverged, match=r"with each of \[0.25, 0.5, 1.0, 2.0\]"):
        best_step_size(1.0, quadratic(1, [], diverges_above=0), factor=2.0, widenings=1)
