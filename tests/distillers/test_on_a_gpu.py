"""Rows that lie on a GPU stay there, and are those of the processor but for rounding."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from ddlib.conformance import PROBLEMS, Subject
from ddlib.distillers import DISTILLERS
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.gaussian import GaussianMLE
from ddlib.learners.logistic import soft_cross_entropy
from ddlib.learners.ridge import Ridge, squared_error
from ddlib.problem import TrainingCriterion
from ddlib.problem.problem import NotApplicable

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def score_on(which, problem, rows):
    """The working criterion of a problem of the conformance suite, computed where `rows` lie."""
    learner, layout = problem.learner, problem.layout
    if which == "gaussian":
        return learner(rows).cross_entropy
    if which.startswith("ridge"):
        return partial(squared_error, rows, task=torch.tensor([0.7, 0.3]).to(rows))
    if which == "network":
        return partial(learner.loss, rows=rows)
    inputs, responses = layout.inputs(rows), layout.responses(rows)
    return lambda theta: soft_cross_entropy(learner.logits(theta, inputs), responses)


def moved(which):
    """A problem of the conformance suite whose rows lie on the GPU."""
    problem = PROBLEMS[which]()
    initial, training = problem.initial.cuda(), problem.training.cuda()
    responses = problem.layout.responses(initial)
    feasible = problem.feasible
    if which == "moons":  # keeps the labels of its start, which lie beside it
        feasible = lambda rows: torch.cat([problem.layout.inputs(rows), responses], dim=-1)  # noqa: E731
    criterion = TrainingCriterion(score_on(which, problem, training))
    return replace(
        problem, initial=initial, training=training, criterion=criterion, feasible=feasible
    )


@pytest.mark.parametrize("which", PROBLEMS)
@pytest.mark.parametrize("name", sorted(DISTILLERS))
def test_a_method_leaves_rows_where_they_lie(name, which):
    subject = Subject(DISTILLERS[name])
    try:
        there = subject.run(moved(which))
    except NotApplicable:
        with pytest.raises(NotApplicable):
            subject.run(PROBLEMS[which]())
        return
    here = subject.run(PROBLEMS[which]())
    assert len(there.sets) == len(here.sets)
    close = 1e-3 if there.sets[0].dtype == torch.float32 else 1e-6
    for rows, wanted in zip(there.sets, here.sets, strict=True):
        assert rows.is_cuda
        torch.testing.assert_close(rows.cpu(), wanted, rtol=close, atol=close)


@pytest.mark.parametrize(
    "learner",
    [
        BayesianRegression(1, noise_std=0.5, prior_std=1.0, effective_size=40),
        GaussianMLE(),
        Ridge(1, penalty=0.1),
    ],
    ids=lambda learner: type(learner).__name__,
)
def test_rows_that_carry_a_model_lie_beside_it(learner):
    drawn = torch.randn(40, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    model = learner(drawn.cuda())
    carried = learner.rows_for(model, 8, generator=torch.Generator().manual_seed(2))
    assert carried.is_cuda
    again = learner(carried)
    pairs = zip(vars(again).values(), vars(model).values(), strict=True)
    for ours, wanted in [(again, model)] if isinstance(model, torch.Tensor) else pairs:
        torch.testing.assert_close(ours, wanted, rtol=1e-8, atol=1e-8)
