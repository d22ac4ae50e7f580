"""What a learner can is told by its type, and a generator that it needs is not made up for it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from sklearn.naive_bayes import GaussianNB

from ddlib import learners
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.estimator import EstimatorLearner
from ddlib.learners.gaussian import GaussianMLE
from ddlib.learners.kernel_ridge import RBF, KernelMethod, KernelRidge
from ddlib.learners.logistic import LogisticRegression
from ddlib.learners.network import NetworkLearner, convnet
from ddlib.learners.ridge import Ridge
from ddlib.problem import (
    DistillationProblem,
    GradientLearner,
    InvertibleLearner,
    Predictor,
    TestCriterion,
    TrainingCriterion,
    evaluate,
    learns_batches,
    objective_values,
)

LEARNERS = {
    BayesianRegression(1, noise_std=1.0, prior_std=1.0): {InvertibleLearner},
    EstimatorLearner(GaussianNB(), 2): {Predictor},
    GaussianMLE(): {InvertibleLearner, GradientLearner},
    KernelRidge(1, RBF(1.0), penalty=0.1): {KernelMethod, Predictor},
    LogisticRegression(2, penalty=0.1): {GradientLearner, Predictor},
    NetworkLearner(lambda: convnet(2, 1), 2, num_steps=1, step_size=0.1): {
        GradientLearner,
        Predictor,
    },
    Ridge(1, penalty=0.1): {InvertibleLearner, GradientLearner, KernelMethod, Predictor},
}


SHARED = {"__init__", "features", "modules", "named", "ntk", "passes"}  # what is no learner


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: type(learner).__name__)
def test_each_learner_is_known_by_what_it_can(learner):
    kinds = (InvertibleLearner, GradientLearner, KernelMethod, Predictor)
    assert {kind for kind in kinds if isinstance(learner, kind)} == LEARNERS[learner]
    assert not learns_batches(learner)


def test_each_learner_of_the_library_is_in_the_list():
    files = {path.stem for path in Path(learners.__file__).parent.glob("*.py")} - SHARED
    listed = {type(learner).__module__.rpartition(".")[2] for learner in LEARNERS}
    assert listed == files, "ddlib/learners: each file must have a line in LEARNERS"


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: type(learner).__name__)
def test_each_learner_is_called_with_rows_and_a_generator(learner, generator):
    """By its type it is not known whether `__call__` has the keyword."""
    rows = torch.rand(80, 66, dtype=torch.float64, generator=generator)  # 8 by 8 pixels, 2 classes
    assert learner(rows, generator=generator) is not None


@dataclass
class Summing:
    """A learner of the sum of the rows, which says whether it takes batches."""

    batched: bool

    def __call__(self, rows, *, generator):
        assert rows.ndim == (3 if self.batched else 2)
        return rows.sum((-2, -1))


@pytest.mark.parametrize("batched", [True, False])
def test_batches_are_for_who_takes_them(batched, generator):
    sets = torch.randn(4, 3, 2, generator=generator)
    criterion = TrainingCriterion(lambda total: total**2)
    values = objective_values(Summing(batched), criterion, sets, generator=generator)
    assert learns_batches(Summing(batched)) == batched
    torch.testing.assert_close(values, sets.sum((1, 2)) ** 2)


def test_a_learner_that_draws_asks_for_a_generator(generator):
    def noisy(rows, *, generator):
        return rows.mean() + torch.randn((), generator=generator)

    rows = torch.zeros(2, 1)
    with pytest.raises(TypeError, match="generator"):
        evaluate(noisy, rows, TestCriterion(lambda model: model))
    evaluate(noisy, rows, TestCriterion(lambda model: model), generator=generator)
    problem = DistillationProblem(noisy, TrainingCriterion(lambda model: model), rows)
    with pytest.raises(TypeError, match="generator"):
        problem.objective(rows)


def test_a_learner_that_draws_nothing_needs_none():
    rows = torch.ones(2, 3, dtype=torch.float64)
    assert evaluate(Ridge(1, penalty=0.1), rows, TestCriterion(torch.sum)) > 0
