"""Which methods apply where a learner is an estimator of scikit-learn, and what the others say."""

from dataclasses import replace

import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB

from ddlib.distillers import DISTILLERS
from ddlib.learners.estimator import EstimatorLearner
from ddlib.problem import DistillationProblem, NotApplicable, TrainingCriterion, distill
from ddlib.problem.rows import Layout
from ddlib.tasks.digits import classification_task, two_moons

ZEROTH_ORDER = replace(DISTILLERS["zeroth-order"], num_directions=2)
REGRESSION = torch.randn(30, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def moons(num_rows=60, seed=0):
    return two_moons(num_rows, noise_std=0.1, generator=seeded(seed)).double()


def moons_problem():
    data = moons(60), moons(60, seed=1), moons(60, seed=2)
    learner = EstimatorLearner(GaussianNB(), 2)
    task = classification_task(learner, *data, Layout(2, categorical=True))
    return task.problem(6, generator=seeded(4)), task


@pytest.mark.parametrize(
    "name", ["zeroth-order", "random", "herding", "k-center", "kernel inducing points",
             "distribution matching"]
)  # fmt: skip
def test_methods_without_a_gradient_apply(name):
    problem, task = moons_problem()
    method = ZEROTH_ORDER if name == "zeroth-order" else DISTILLERS[name]
    run = distill(problem, method, num_steps=3, generator=seeded(), validation=task.validation)
    assert not run.snapshots[-1].rows.equal(problem.initial)
    assert all(0 <= snapshot.validation <= 0.5 for snapshot in run.snapshots)


def test_zeroth_order_lowers_the_loss_of_a_regressor():
    learner = EstimatorLearner(Ridge(0.3), 1, categorical=False)
    inputs, responses = REGRESSION[:, :-1], REGRESSION[:, -1:]

    def loss(model):
        return float((learner.predict(model, inputs) - responses).square().mean())

    problem = DistillationProblem(
        learner, TrainingCriterion(loss), REGRESSION[:5].clone(), training=REGRESSION,
        layout=Layout(1),
    )  # fmt: skip
    run = distill(problem, ZEROTH_ORDER, num_steps=30, generator=seeded())
    before, after = (
        problem.objective(rows, generator=seeded()) for rows in (problem.initial, run.rows)
    )
    assert after < before


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("first-order", "learner: EstimatorLearner has no gradient; use a zeroth-order distiller"),
        ("BPTT", "learner: EstimatorLearner has no loss to descend"),
        ("gradient matching", "learner: EstimatorLearner has no loss to descend"),
        ("trajectory matching", "learner: EstimatorLearner has no loss to descend"),
        ("exact", "learner: EstimatorLearner has no rows_for"),
    ],
)
def test_methods_that_need_more_say_so(name, told):
    problem, _ = moons_problem()
    with pytest.raises(NotApplicable, match=f"^{told}"):
        distill(problem, DISTILLERS[name], num_steps=1, generator=seeded())
