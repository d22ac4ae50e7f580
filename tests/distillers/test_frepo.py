"""FRePo: the regression against scikit-learn's, the gradient, the pool, and what it reaches."""

from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
import pytest
import torch
from sklearn.datasets import load_wine
from sklearn.linear_model import Ridge as SklearnRidge
from torch import nn

from ddlib.distillers.frepo import FRePo, feature_error
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.problem import Layout, NotApplicable, distill
from ddlib.problem.training import train
from ddlib.tasks.digits import classification_task
from tests.distillers.test_conformance import new_generator
from tests.distillers.test_objectives import (
    assert_same_gradient,
    finite_differences,
    network_problem,
    normal,
    value_and_gradient,
)


def regression_problem():
    """Two responses of three inputs, in double precision."""
    inputs = normal(40, 3, seed=6)
    rows = torch.cat([inputs, inputs[:, :1].sin(), inputs[:, 1:2] * inputs[:, 2:]], dim=1)
    learner = NetworkLearner(
        partial(mlp, 3, (6,), 2, nn.Tanh), 2, num_steps=6, step_size=0.1, categorical=False
    )
    problem = network_problem()
    return replace(
        problem, learner=learner, training=rows, initial=rows[:5].clone(),
        layout=replace(problem.layout, categorical=False),
    )  # fmt: skip


def numpy_features(learner, theta, inputs):
    """The hidden layer of a perceptron with one, in numpy."""
    weights, bias = (p.detach().numpy() for p in [*learner._parameters(theta).values()][:2])
    return np.tanh(inputs.numpy() @ weights.T + bias)


@pytest.mark.parametrize("make", [network_problem, regression_problem])
def test_the_objective_is_the_error_of_a_ridge_regression_on_the_hidden_layer(make):
    problem, penalty = make(), 0.2
    learner, rows, real = problem.learner, problem.initial, problem.training
    theta = learner.initial(rows, generator=new_generator(3))
    got = feature_error(learner, theta, rows, training=real, penalty=penalty)
    ours, theirs = (numpy_features(learner, theta, each[:, :-2]) for each in (rows, real))
    share = 0.5 if problem.layout.categorical else 0.0
    alpha = penalty * (ours**2).sum() / len(rows)
    fit = SklearnRidge(alpha=alpha, fit_intercept=False).fit(ours, rows[:, -2:].numpy() - share)
    expected = ((real[:, -2:].numpy() - share - fit.predict(theirs)) ** 2).sum(1).mean()
    assert got.item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("make", [network_problem, regression_problem])
def test_its_gradient_against_finite_differences(make):
    problem = make()
    theta = problem.learner.initial(problem.initial, generator=new_generator(3))
    objective = partial(
        feature_error, problem.learner, theta, training=problem.training, penalty=1e-3
    )
    _, got = value_and_gradient(objective, problem.initial)
    assert_same_gradient(got, finite_differences(objective, problem.initial))


def test_the_pool_has_networks_of_every_age_and_trains_the_one_that_was_looked_at():
    problem = network_problem()
    learner = problem.learner
    steps = FRePo(pool_size=3, max_age=3).steps(problem, generator=new_generator())
    before = steps.state_dict()
    assert before["ages"] == [0, 1, 2]
    for rows in islice(steps, 12):
        after = steps.state_dict()
        pairs = zip(before["networks"], after["networks"], strict=True)
        ((which, old, new),) = [(i, a, b) for i, (a, b) in enumerate(pairs) if not a.equal(b)]
        if before["ages"][which] < 2:
            assert after["ages"][which] == before["ages"][which] + 1
            assert new.equal(train(learner, old, rows, num_steps=1))
        else:
            assert after["ages"][which] == 0
        before = after


def test_networks_are_no_older_than_the_learner_lets_them_be():
    steps = FRePo(pool_size=4).steps(network_problem(), generator=new_generator())
    assert steps.state_dict()["ages"] == [0, 1, 3, 4]  # its learner takes six steps


def test_a_network_that_ends_otherwise_is_refused():
    module = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    problem = replace(network_problem(), learner=NetworkLearner(module, 2, 3, 0.1))
    with pytest.raises(NotApplicable, match=r"does not end in a torch\.nn\.Linear"):
        next(FRePo().steps(problem, generator=new_generator()))


def wine_problem():
    """Three rows, one of each class, for a perceptron of 32 units."""
    inputs, classes = load_wine(return_X_y=True)
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    rows = torch.from_numpy(np.hstack([inputs, np.eye(3)[classes]]))
    architecture = partial(mlp, 13, (32,), 3, nn.Tanh)
    learner = NetworkLearner(architecture, 3, num_steps=40, step_size=0.3, start="he")
    task = classification_task(
        learner, rows[::2], rows[1::2], rows[1::2], Layout(3, categorical=True)
    )
    return task.problem(3, generator=new_generator())


def worth(problem, rows):
    """The working criterion, the mean over three trainings of the learner from rows."""
    generator = new_generator(1)
    with torch.no_grad():
        return sum(problem.objective(rows, generator=generator).item() for _ in range(3)) / 3


def test_it_halves_the_loss_of_wine():
    """Of what the learner makes of the rows, which it neither unrolls nor asks for."""
    problem = wine_problem()
    run = distill(problem, FRePo(), num_steps=20, every=20, generator=new_generator(2))
    assert worth(problem, run.rows) < 0.5 * worth(problem, problem.initial)
