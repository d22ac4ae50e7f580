"""What every method keeps to, whatever it does: one suite over the registry.

The properties and the problems are those of `ddlib conform`; the lists here say what is known of
the methods of the library: which of them refuses a problem, and of which a property says nothing.
"""

import inspect
import re
import sys
from contextlib import nullcontext
from dataclasses import replace
from functools import cache

import pytest
import torch

from ddlib.conformance import OF_METHODS, ON_PROBLEMS, PROBLEMS, DoesNotApply, Subject, name_of
from ddlib.conformance.problems import (
    BUDGET,
    NUM_ROWS,
    Opaque,
    boxed,
    gaussian_problem,
    network_problem,
    ridge_problem,
)
from ddlib.distillers import DISTILLERS
from ddlib.problem import NotApplicable

# Who takes networks alone.
OF_NETWORKS = (
    "FRePo",
    "NTK inducing points",
    "RCIG",
    "trajectory matching, learnt step size",
)

# Who refuses which problem, and what the message starts with. All other pairs run.
REFUSALS = {
    "gaussian": {
        "kernel inducing points": "layout: ",
        "label only": "layout: ",
        "FRePo": "learner: GaussianMLE is no network",
        "NTK inducing points": "layout: ",
        "RCIG": "learner: GaussianMLE is no network",
        "pseudo-coreset": "learner: GaussianMLE has no Gaussian posterior",
        "sensitivity coreset": "learner: GaussianMLE has no place for weights",
        "trajectory matching, learnt step size": "learner: GaussianMLE is no network",
    },
    "ridge": dict.fromkeys(OF_NETWORKS, "learner: Ridge is no network"),
    "ridge, single precision": dict.fromkeys(OF_NETWORKS, "learner: Ridge is no network"),
    "network": dict.fromkeys(
        ("exact", "pseudo-coreset", "sensitivity coreset"), "learner: NetworkLearner "
    ),
    "moons": {
        "exact": "learner: NetworkLearner ",
        "pseudo-coreset": "learner: NetworkLearner ",
        "sensitivity coreset": "learner: NetworkLearner ",
        "label only": "feasible: keeps all responses; .* in a task by fixed_labels = False",
    },
    "moons, free labels": {
        "exact": "learner: NetworkLearner ",
        "pseudo-coreset": "learner: NetworkLearner ",
        "sensitivity coreset": "learner: NetworkLearner ",
    },
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
    "FRePo": "FRePo",
    "pseudo-coreset": "a pseudo-coreset",
    "sensitivity coreset": "a sensitivity coreset",
    "NTK inducing points": "kernel inducing points",
    "trajectory matching, learnt step size": "trajectory matching",
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
    "FRePo",
    "NTK inducing points",
    "RCIG",
    "trajectory matching, learnt step size",
}

each_method = pytest.mark.parametrize("name", sorted(DISTILLERS))
each_problem = pytest.mark.parametrize("which", PROBLEMS)
each_pair_that_runs = pytest.mark.parametrize(
    ("name", "which"),
    [(n, w) for w, refusals in REFUSALS.items() for n in sorted(DISTILLERS) if n not in refusals],
)


ONCE = {name for name, method in DISTILLERS.items() if method.one_shot}
# Done at once, but their rows are none of the training rows.
NO_SELECTIONS = {"exact", "class means", "k-means", "sensitivity coreset"}
SELECTIONS = sorted(ONCE - NO_SELECTIONS)


@cache
def subject(name):
    """Return a method with its runs, which several tests look at."""
    return Subject(DISTILLERS[name])


def problem_for(name):
    """A regression of the kind that the method applies to: linear, or else by a network."""
    return network_problem() if name in REFUSALS["ridge"] else ridge_problem()


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def first_set(name, problem):
    return next(DISTILLERS[name].steps(problem, generator=new_generator()))


def refusals(problem):
    """Return who refuses a problem, and why."""
    refused = {}
    for name in sorted(DISTILLERS):
        try:
            first_set(name, problem)
        except NotApplicable as error:
            refused[name] = str(error)
    return refused


def says_nothing(holds, name):
    """Whether a property is known to say nothing of a method."""
    if holds.__name__.startswith("selects_"):
        return name not in SELECTIONS
    if holds.__name__ == "goes_on_after_a_break_as_without_one":
        return DISTILLERS[name].one_shot
    refused = {
        "keeps_labels_that_are_fixed": REFUSALS["moons"],
        "keeps_free_labels_probabilities": REFUSALS["moons, free labels"],
    }
    return name in refused.get(holds.__name__, ())


def check(holds, name, *which):
    with pytest.raises(DoesNotApply) if says_nothing(holds, name) else nullcontext():
        holds(subject(name), *which)


def test_the_problems_and_the_refusals_are_about_the_same():
    assert REFUSALS.keys() == PROBLEMS.keys()
    assert set().union(FROM_TRAINING_ROWS, *REFUSALS.values()) <= set(DISTILLERS)


@each_method
@pytest.mark.parametrize("holds", OF_METHODS, ids=name_of)
def test_a_method(holds, name):
    check(holds, name)


@each_method
@pytest.mark.parametrize("holds", ON_PROBLEMS, ids=name_of)
def test_on_each_problem_that_it_takes_a_method(holds, name):
    for which in PROBLEMS:
        if name not in REFUSALS[which]:
            check(holds, name, which)


@each_problem
def test_refuses_these_problems_and_says_what_is_missing(which):
    told = {name: subject(name).refusals.get(which) for name in sorted(DISTILLERS)}
    refused = {name: reason for name, reason in told.items() if reason}
    assert refused.keys() == REFUSALS[which].keys()
    for name, start in REFUSALS[which].items():
        assert re.match(start, refused[name])


@each_method
def test_is_documented_with_its_formula(name):
    method = type(DISTILLERS[name])
    assert inspect.getdoc(method.steps)
    module = sys.modules[method.__module__].__doc__
    assert module.count("$$") >= 2


@pytest.mark.parametrize("name", sorted(DISTILLERS.keys() - REFUSALS["moons, free labels"]))
def test_these_move_free_labels(name):
    trial = subject(name).on("moons, free labels")
    ours, theirs = map(trial.problem.layout.responses, (trial.sets[-1], trial.problem.initial))
    assert ours.equal(theirs) != (name in MOVE_LABELS)


def test_the_rows_of_exact_are_refused_where_a_box_would_change_them():
    with pytest.raises(NotApplicable, match="its rows are not feasible"):
        first_set("exact", boxed(ridge_problem(), 1.0))


@each_problem
def test_training_rows_differ_so_that_a_selection_can_be_told(which):
    problem = PROBLEMS[which]()
    assert len({tuple(row) for row in problem.training.tolist()}) == NUM_ROWS
    assert len(problem.initial) == BUDGET


def test_these_ask_for_training_rows():
    refused = {}
    for problem in (ridge_problem(), network_problem()):
        told = refusals(replace(problem, training=None))
        refused |= {n: why for n, why in told.items() if why.startswith("training")}
    assert refused.keys() == FROM_TRAINING_ROWS.keys()
    for name, called in FROM_TRAINING_ROWS.items():
        assert refused[name].startswith(f"training: None; {called} needs")


def test_exact_with_a_model_needs_no_training_rows():
    problem = replace(ridge_problem(), training=None)
    model = torch.ones(3, 2, dtype=torch.float64)
    (rows,) = replace(DISTILLERS["exact"], model=model).steps(problem, generator=new_generator())
    torch.testing.assert_close(problem.learner(rows), model)


def test_exact_refuses_a_budget_that_cannot_carry_the_model():
    problem = gaussian_problem()
    problem = replace(problem, initial=problem.initial[:3])
    with pytest.raises(NotApplicable, match=r"^exact distillation: rows: 3; .* at least 4"):
        first_set("exact", problem)


OPAQUE_REFUSALS = {
    "first-order": "^learner: Opaque has no gradient; use a zeroth-order distiller",
    "BPTT": "^learner: Opaque has no loss to descend; BPTT needs one",
    "truncated BPTT": "^learner: Opaque has no loss to descend; BPTT needs one",
    "gradient matching": "^learner: Opaque has no loss to descend; gradient matching needs one",
    "trajectory matching": "^learner: Opaque has no loss to descend; trajectory matching needs one",
    "exact": "^learner: Opaque has no rows_for",
    "label only": "^learner: Opaque has no gradient; use a zeroth-order distiller",
    "pseudo-coreset": "^learner: Opaque has no Gaussian posterior; a pseudo-coreset needs",
    "sensitivity coreset": "^learner: Opaque has no place for weights of rows; a sensitivity",
    **dict.fromkeys(OF_NETWORKS, "^learner: Opaque (is no network; .* needs|has no loss)"),
}


def test_a_learner_that_only_learns_is_refused_by_those_who_need_more():
    refused = refusals(ridge_problem(Opaque()))
    assert refused.keys() == OPAQUE_REFUSALS.keys()
    for name, start in OPAQUE_REFUSALS.items():
        assert re.match(start, refused[name])


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
        ("NTK inducing points", {"kernel": "RBF"}),
        ("NTK inducing points", {"num_starts": 0}),
        ("RCIG", {"penalty": 0.0}),
        ("pseudo-coreset", {"divergence": "x"}),
        ("FRePo", {"pool_size": 0}),
        ("FRePo", {"max_age": 0}),
        ("FRePo", {"penalty": 0.0}),
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
