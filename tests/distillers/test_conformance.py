"""What every method keeps to, whatever it does: one suite over the registry."""

import inspect
import random
import re
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from functools import cache, partial
from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from torch import nn

from ddlib.distillers import DISTILLERS
from ddlib.distillers.descent import descends
from ddlib.learners.gaussian import GaussianMLE, random_gaussian
from ddlib.learners.logistic import soft_cross_entropy
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge, random_linear_law, squared_error
from ddlib.problem import (
    DistillationProblem,
    NotApplicable,
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
)
from ddlib.problem.rows import Layout
from ddlib.tasks.digits import two_moons
from ddlib.tasks.task import Task

NUM_ROWS, BUDGET, NUM_STEPS = 60, 6, 3


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def gaussian_problem():
    rows = random_gaussian(3, generator=new_generator(1)).sample(
        NUM_ROWS, generator=new_generator(2)
    )
    learner = GaussianMLE()
    criterion = TrainingCriterion(learner(rows).cross_entropy)
    return DistillationProblem(learner, criterion, rows[:BUDGET].clone(), training=rows)


def ridge_problem(learner=None, dtype=torch.float64):
    """All entries of the rows are within [-1, 1]."""
    law = random_linear_law(3, 2, noise_std=0.3, generator=new_generator(3))
    rows = law.sample(NUM_ROWS, generator=new_generator(4)).to(dtype)
    rows = rows / rows.abs().max()
    criterion = partial(squared_error, rows, task=torch.tensor([0.7, 0.3], dtype=dtype))
    return DistillationProblem(
        Ridge(2, penalty=0.1) if learner is None else learner,
        TrainingCriterion(criterion),
        rows[:BUDGET].clone(),
        training=rows,
        layout=Layout(num_responses=2),
    )


def moons_problem(fixed_labels=True, noise_std=0.1):
    rows = two_moons(NUM_ROWS, noise_std=noise_std, generator=new_generator(5))
    layout = Layout(2, categorical=True)
    architecture = partial(mlp, 2, (4,), 2, nn.Tanh)
    learner = NetworkLearner(architecture, 2, num_steps=12, step_size=0.5, start="he")

    def loss(theta):
        return soft_cross_entropy(learner.logits(theta, layout.inputs(rows)), rows[:, 2:])

    splits = (TrainingCriterion(loss), ValidationCriterion(loss), TestCriterion(loss))
    task = Task(learner, rows, *splits, layout, fixed_labels=fixed_labels)
    return task.problem(BUDGET, generator=new_generator(6))


def free_moons_problem():
    """The classes overlap, so that a soft label can be better than a hard one."""
    return moons_problem(fixed_labels=False, noise_std=0.8)


PROBLEMS = {
    "gaussian": gaussian_problem,
    "ridge": ridge_problem,
    "ridge, single precision": partial(ridge_problem, dtype=torch.float32),
    "moons": moons_problem,
    "moons, free labels": free_moons_problem,
}

# Who refuses which problem, and what the message starts with. All other pairs run.
REFUSALS = {
    "gaussian": {"kernel inducing points": "layout: ", "label only": "layout: "},
    "ridge": {},
    "ridge, single precision": {},
    "moons": {
        "exact": "learner: NetworkLearner ",
        "label only": "feasible: keeps all responses; .* in a task by fixed_labels = False",
    },
    "moons, free labels": {"exact": "learner: NetworkLearner "},
}

FROM_TRAINING_ROWS = {
    "random": "a random subset",
    "herding": "herding",
    "k-center": "k-center",
    "gradient matching": "gradient matching",
    "trajectory matching": "trajectory matching",
    "distribution matching": "distribution matching",
    "kernel inducing points": "kernel inducing points",
    "exact": "exact distillation",
    "class means": "class means",
    "k-means": "k-means",
    "validated random": "a random subset",
    "maximum mean discrepancy": "maximum mean discrepancy",
    "sliced Wasserstein": "sliced Wasserstein",
    "leverage scores": "leverage scores",
}

# Whose rows have other soft labels than the initial ones, where these are free.
MOVE_LABELS = {
    "first-order",
    "BPTT",
    "truncated BPTT",
    "gradient matching",
    "trajectory matching",
    "kernel inducing points",
    "zeroth-order",
    "label only",
}

each_method = pytest.mark.parametrize("name", sorted(DISTILLERS))
each_problem = pytest.mark.parametrize("which", PROBLEMS)
each_pair_that_runs = pytest.mark.parametrize(
    ("name", "which"),
    [(n, w) for w, refusals in REFUSALS.items() for n in sorted(DISTILLERS) if n not in refusals],
)


def settings_of(name):
    return {field.name for field in fields(DISTILLERS[name])}


ONCE = {name for name, method in DISTILLERS.items() if method.one_shot}
# Done at once, but their rows are none of the training rows.
NO_SELECTIONS = {"exact", "class means", "k-means"}
SELECTIONS = sorted(ONCE - NO_SELECTIONS)


def run(name, problem, *, num_steps=NUM_STEPS, seed=7):
    """Return copies of the rows after each step; methods may move one tensor in place."""
    steps = DISTILLERS[name].steps(problem, generator=new_generator(seed))
    return list(islice(steps, num_steps))  # each set a tensor of its own, or the tests below fail


@cache
def first_run(name, which):
    """Return the run that several tests look at; none of them changes it."""
    return tuple(run(name, PROBLEMS[which]()))


def test_the_problems_and_the_refusals_are_about_the_same():
    assert REFUSALS.keys() == PROBLEMS.keys()
    assert set().union(FROM_TRAINING_ROWS, *REFUSALS.values()) <= set(DISTILLERS)


@each_method
def test_says_what_it_departs_from(name):
    departs = DISTILLERS[name].departs
    assert isinstance(departs, tuple)
    assert departs
    assert set(departs) <= {"criterion", "learner", "law"}
    assert len(set(departs)) == len(departs)


@each_method
def test_is_done_at_once_or_has_the_field_that_its_step_size_is_set_by(name):
    method = DISTILLERS[name]
    has_optimizer = is_dataclass(method) and "optimizer" in settings_of(name)
    assert descends(method) == has_optimizer, (
        f"{type(method).__name__}: must have one_shot = True, or descends = False where "
        "its steps have no size, or a dataclass field `optimizer`"
    )


@each_method
def test_is_documented_with_its_formula(name):
    method = type(DISTILLERS[name])
    assert method.__doc__
    assert not method.__doc__.startswith(f"{method.__name__}(")  # what a dataclass writes itself
    assert inspect.getdoc(method.steps)
    module = sys.modules[method.__module__].__doc__
    assert module.count("$$") >= 2


@each_method
def test_settings_cannot_be_changed(name):
    method = DISTILLERS[name]
    for setting in settings_of(name) | {"another"}:
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(method, setting, None)


@each_problem
def test_refuses_these_problems_and_says_what_is_missing(which):
    refused = {}
    for name in sorted(DISTILLERS):
        try:
            run(name, PROBLEMS[which](), num_steps=1)
        except NotApplicable as error:
            refused[name] = str(error)
    assert refused.keys() == REFUSALS[which].keys()
    for name, start in REFUSALS[which].items():
        assert re.match(start, refused[name])


@each_pair_that_runs
def test_steps_keep_the_budget_the_type_and_stay_finite(name, which):
    problem = PROBLEMS[which]()
    stream = first_run(name, which)
    assert len(stream) == (1 if name in ONCE else NUM_STEPS)
    for rows in stream:
        assert rows.shape == problem.initial.shape
        assert rows.dtype == problem.initial.dtype
        assert rows.isfinite().all()
        assert not rows.requires_grad


@each_pair_that_runs
def test_a_step_moves_the_rows(name, which):
    """Else the tests around this one would hold for a method that does nothing."""
    stream = [PROBLEMS[which]().initial, *first_run(name, which)]
    for before, after in pairwise(stream):
        assert not after.equal(before)


@each_pair_that_runs
def test_draws_from_its_generator_alone(name, which):
    first = first_run(name, which)

    def global_states():
        return torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002

    torch_before, numpy_before, python_before = global_states()
    second = run(name, PROBLEMS[which]())
    torch_after, numpy_after, python_after = global_states()
    assert torch_after.equal(torch_before)
    np.testing.assert_equal(numpy_after, numpy_before)
    assert python_after == python_before
    for ours, theirs in zip(first, second, strict=True):
        assert ours.equal(theirs)


@each_pair_that_runs
def test_leaves_the_problem_as_it_was(name, which):
    problem = PROBLEMS[which]()
    initial, training = problem.initial.clone(), problem.training.clone()
    run(name, problem)
    assert problem.initial.equal(initial)
    assert problem.training.equal(training)
    assert not problem.initial.requires_grad
    assert not problem.training.requires_grad


@pytest.mark.parametrize("name", sorted(DISTILLERS.keys() - REFUSALS["moons"]))
def test_fixed_labels_stay_fixed(name):
    problem = moons_problem()
    labels = problem.layout.responses(problem.initial)
    for rows in first_run(name, "moons"):
        assert problem.layout.responses(rows).equal(labels)


@pytest.mark.parametrize("name", sorted(DISTILLERS.keys() - REFUSALS["moons, free labels"]))
def test_free_labels_stay_probabilities(name):
    problem = free_moons_problem()
    labels = problem.layout.responses(problem.initial)
    for rows in first_run(name, "moons, free labels"):
        soft = problem.layout.responses(rows)
        assert (soft >= 0).all()
        torch.testing.assert_close(soft.sum(1), torch.ones(BUDGET, dtype=soft.dtype))
    assert soft.equal(labels) != (name in MOVE_LABELS)


@each_method
def test_keeps_to_a_box_or_refuses_it(name):
    """The training rows lie in the box of 1; a descent gets a box that it leaves untold."""
    bound = 1.0 if name in ONCE else 0.1
    problem = ridge_problem()
    problem = replace(problem, initial=problem.initial.clamp(-bound, bound))
    boxed = replace(problem, feasible=lambda rows: rows.clamp(-bound, bound))
    if name == "exact":
        with pytest.raises(NotApplicable, match="its rows are not feasible"):
            run(name, boxed)
        return
    for rows in run(name, boxed):
        assert rows.abs().max() <= bound
    if name not in ONCE:
        assert run(name, problem)[-1].abs().max() > bound


@each_problem
@pytest.mark.parametrize("name", SELECTIONS)
def test_selection_returns_different_training_rows_and_keeps_the_classes(name, which):
    problem = PROBLEMS[which]()
    steps = list(DISTILLERS[name].steps(problem, generator=new_generator()))
    assert len(steps) == 1
    training = [tuple(row) for row in problem.training.tolist()]
    assert len(set(training)) == NUM_ROWS
    chosen = {tuple(row) for row in steps[0].tolist()}
    assert len(chosen) == BUDGET
    assert chosen <= set(training)
    classes = problem.layout.classes
    assert classes(steps[0]).bincount().equal(classes(problem.initial).bincount())


@pytest.mark.parametrize("name", SELECTIONS)
def test_selection_keeps_unequal_classes_too(name):
    problem = moons_problem()
    first, second = problem.layout.groups(problem.training)
    initial = problem.training[torch.cat([second[:1], first[:4], second[1:2]])]
    (rows,) = run(name, replace(problem, initial=initial, feasible=lambda rows: rows))
    assert problem.layout.classes(rows).tolist() == [1, 0, 0, 0, 0, 1]


@each_method
def test_needs_training_rows_or_runs_without(name):
    problem = replace(ridge_problem(), training=None)
    if name in FROM_TRAINING_ROWS:
        with pytest.raises(
            NotApplicable, match=f"^training: None; {FROM_TRAINING_ROWS[name]} needs"
        ):
            run(name, problem, num_steps=1)
    else:
        assert len(run_without_training_rows(name, problem)) == NUM_STEPS


def run_without_training_rows(name, problem):
    """Return the rows after each step, or say what a method that needs training rows lacks."""
    try:
        return run(name, problem)
    except Exception as error:
        raise AssertionError(
            f"{name}: fails without training rows, {type(error).__name__}: {error}. If it needs "
            "them, it must ask for them by ddlib.distillers.needs.training_rows, and have an entry "
            "in FROM_TRAINING_ROWS of this file: what that calls it"
        ) from error


class Unlisted:
    """A method that needs training rows, and stands in no list."""

    departs, one_shot = ("law",), True

    def steps(self, problem, *, generator):
        yield problem.training[: len(problem.initial)]


def test_a_method_that_is_missing_from_the_list_is_told_so(monkeypatch):
    monkeypatch.setitem(DISTILLERS, "unlisted", Unlisted())
    with pytest.raises(AssertionError, match=r"unlisted: .* an entry in FROM_TRAINING_ROWS"):
        test_needs_training_rows_or_runs_without("unlisted")


def test_exact_with_a_model_needs_no_training_rows():
    problem = replace(ridge_problem(), training=None)
    model = torch.ones(3, 2, dtype=torch.float64)
    (rows,) = replace(DISTILLERS["exact"], model=model).steps(problem, generator=new_generator())
    torch.testing.assert_close(problem.learner(rows), model)


def test_exact_refuses_a_budget_that_cannot_carry_the_model():
    problem = gaussian_problem()
    problem = replace(problem, initial=problem.initial[:3])
    with pytest.raises(NotApplicable, match=r"^exact distillation: rows: 3; .* at least 4"):
        run("exact", problem)


class Opaque:
    """A learner with neither gradient, loss nor right inverse."""

    def __call__(self, rows, *, generator=None):
        return Ridge(2, penalty=0.1)(rows.detach())


OPAQUE_REFUSALS = {
    "first-order": "^learner: Opaque has no gradient; use a zeroth-order distiller",
    "BPTT": "^learner: Opaque has no loss to descend; BPTT needs one",
    "truncated BPTT": "^learner: Opaque has no loss to descend; BPTT needs one",
    "gradient matching": "^learner: Opaque has no loss to descend; gradient matching needs one",
    "trajectory matching": "^learner: Opaque has no loss to descend; trajectory matching needs one",
    "exact": "^learner: Opaque has no rows_for",
    "label only": "^learner: Opaque has no gradient; use a zeroth-order distiller",
}


@each_method
def test_a_learner_that_only_learns_is_refused_by_those_who_need_more(name):
    problem = ridge_problem(Opaque())
    if name in OPAQUE_REFUSALS:
        with pytest.raises(NotApplicable, match=OPAQUE_REFUSALS[name]):
            run(name, problem, num_steps=1)
    else:
        run(name, problem, num_steps=1)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("truncated BPTT", {"window": 0}),
        ("truncated BPTT", {"window": -1}),
        ("gradient matching", {"distance": "x"}),
        ("gradient matching", {"inner_steps": -1}),
        ("gradient matching", {"restart": 0}),
        ("trajectory matching", {"num_experts": 0}),
        ("trajectory matching", {"student_steps": 0}),
        ("trajectory matching", {"expert_steps": 0}),
        ("distribution matching", {"width": 0}),
        ("kernel inducing points", {"penalty": 0.0}),
        ("kernel inducing points", {"penalty": -1.0}),
        ("k-means", {"num_starts": 0}),
        ("maximum mean discrepancy", {"bandwidths": ()}),
        ("maximum mean discrepancy", {"bandwidths": (1.0, 0.0)}),
        ("sliced Wasserstein", {"num_directions": 0}),
        ("leverage scores", {"penalty": -1.0}),
        ("zeroth-order", {"smoothing": 0.0}),
        ("zeroth-order", {"smoothing": float("nan")}),
        ("zeroth-order", {"num_directions": 0}),
        ("zeroth-order", {"learn_from": "x"}),
    ],
)
def test_bad_settings_are_refused_by_name(name, settings):
    ((setting, value),) = settings.items()
    with pytest.raises(ValueError, match=f"{setting} = {re.escape(repr(value))}.*must be"):
        replace(DISTILLERS[name], **settings)
