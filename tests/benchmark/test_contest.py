"""Methods on one task: the same budget for each, chosen on validation rows, judged on test rows."""

import math
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_wine
from statsmodels.stats.proportion import proportion_confint

from ddlib import DISTILLERS, Task, distill, evaluate
from ddlib.benchmark.contest import Budget, hold
from ddlib.benchmark.judging import judge, wilson
from ddlib.benchmark.standings import RANDOM_SETS, standings
from ddlib.streams import stream

BUDGET = Budget(num_rows=6, num_steps=4, num_looks=2, shares="equal", seed=3)
NAMES = ("random", "class means", "first-order", "exact")
METHODS = {name: DISTILLERS[name] for name in NAMES}


@cache
def wine():
    return Task.from_table(load_wine(as_frame=True).frame, "target", learner="logistic", seed=1)


@cache
def diabetes():
    return Task.from_table(load_diabetes(as_frame=True).frame, "target", learner="ridge", seed=1)


@cache
def found():
    return standings(wine(), METHODS, BUDGET)


def test_each_method_has_the_run_that_it_would_have_alone():
    contest = hold(wine(), METHODS, BUDGET)
    assert [entry.method for entry in contest.entries] == ["random", "class means", "first-order"]
    problem = wine().problem(6, generator=stream(3, "start"))
    for entry in contest.entries:
        run = distill(
            problem,
            METHODS[entry.method],
            num_steps=4,
            every=2,
            validation=wine().validation,
            generator=stream(3, f"method {entry.method}"),
        )
        assert torch.equal(entry.rows, run.rows)
        assert entry.validation == run.chosen.validation
        assert entry.cost == run.cost
    assert contest.entries[2].cost.looks == 3  # one at the start


def test_who_does_not_apply_says_why():
    assert found().refusals.keys() == {"exact"}
    assert "exact distillation needs one" in found().refusals["exact"]
    with pytest.raises(ValueError, match="method: none applies to the task; exact: learner: Log"):
        standings(wine(), {"exact": METHODS["exact"]}, BUDGET)


class Fails:
    """A method whose learner finds no optimum after its first step."""

    departs, one_shot = ("law",), False

    def steps(self, problem, *, generator):
        yield problem.initial
        raise ArithmeticError("Newton's method does not converge")


def test_a_method_that_fails_stops_no_other():
    contest = hold(wine(), {"fails": Fails(), "random": METHODS["random"]}, BUDGET)
    assert [entry.method for entry in contest.entries] == ["random"]
    assert contest.refusals == {"fails": "Newton's method does not converge"}


def test_validation_rows_order_the_methods_and_test_rows_report():
    values = [place.entry.validation for place in found().places]
    assert values == sorted(values)
    for place in found().places:
        wanted = evaluate(wine().learner, place.entry.rows, wine().test)
        assert place.test.value == pytest.approx(wanted)
        assert place.test.low <= wanted <= place.test.high
    assert found().chosen is found().places[0]
    assert found().all_rows.value == evaluate(wine().learner, wine().training, wine().test)


def test_random_rows_are_as_many_as_any_method_makes():
    generator = stream(BUDGET.seed, "random sets")
    values = [
        evaluate(wine().learner, wine().problem(6, generator=generator).initial, wine().test)
        for _ in range(RANDOM_SETS)
    ]
    assert found().random.value == pytest.approx(np.mean(values))
    low, high = np.quantile(values, [0.025, 0.975])
    assert (found().random.low, found().random.high) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("share", "count"), [(0.0, 36), (0.25, 8), (1.0, 10), (0.5, 1001)])
def test_the_interval_of_a_share_is_that_of_statsmodels(share, count):
    wanted = proportion_confint(share * count, count, method="wilson")
    assert wilson(share, count) == pytest.approx(wanted, abs=1e-12)


def test_the_interval_of_an_error_of_numbers_holds_it_and_narrows_with_test_rows():
    task = diabetes()
    judged = judge(task, task.training, seed=0)
    assert judged.value == pytest.approx(evaluate(task.learner, task.training, task.test))
    # The deviation of a root of a mean of n squares, by the delta method.
    model = task.learner(task.training)
    said = task.learner.predict(model, task.layout.inputs(task.coded["test"]))
    squares = (task.unit * (said - task.layout.responses(task.coded["test"]))).square()
    wanted = 2 * 1.96 * squares.std() / math.sqrt(len(squares)) / (2 * judged.value)
    assert judged.high - judged.low == pytest.approx(wanted.item(), rel=0.15)


def test_a_budget_that_the_table_does_not_have_is_refused():
    with pytest.raises(ValueError, match="num_rows = 1000: must be from 1 to the 106 training"):
        standings(wine(), METHODS, Budget(1000, 4, 2, "equal", 0))
