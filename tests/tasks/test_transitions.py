"""Tasks on the same rows: their bounds, their exact values, and the errors of a task."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ddlib.dbn import DBNLearner, negative_log_likelihood
from ddlib.learners.bayesian_regression import Posterior, predictive_loss
from ddlib.learners.gaussian import GaussianMLE
from ddlib.learners.kernel_ridge import prediction_error
from ddlib.problem import evaluate
from ddlib.tasks.registry import draw_tasks
from ddlib.tasks.transitions import (
    ALL_STATES,
    DEPLOYED_STD,
    deployed,
    draw_transitions,
    least_squares,
)
from ddlib.tasks.two_slices import TwoSlices, slices

TASKS = (
    "density",
    "prediction",
    "one state",
    "covariate shift",
    "control",
    "posterior",
    "kernel regression",
    "Bayesian network",
)
PREDICTIONS = ("prediction", "one state", "covariate shift")


@pytest.fixture(scope="module")
def data():
    return draw_transitions(generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def tasks(data):
    return data.tasks()


@pytest.fixture(scope="module")
def digits():
    return draw_tasks("digits", generator=torch.Generator().manual_seed(0))["logistic regression"]


def test_the_splits_hold_rows_of_eight_columns_in_float64(data):
    sizes = {"training": 400, "validation": 200, "test": 2000}
    for name, size in sizes.items():
        rows = getattr(data, name)
        assert rows.shape == (size, 8)
        assert rows.dtype == torch.float64


def test_the_same_generator_draws_the_same_rows(data):
    again = draw_transitions(generator=torch.Generator().manual_seed(0))
    other = draw_transitions(generator=torch.Generator().manual_seed(1))
    for name in ("training", "validation", "test"):
        assert torch.equal(getattr(data, name), getattr(again, name))
        assert not torch.equal(getattr(data, name), getattr(other, name))


def test_all_tasks_take_the_same_rows(data, tasks):
    assert tuple(tasks) == TASKS
    assert all(task.training is data.training for task in tasks.values())


@pytest.mark.parametrize("name", TASKS)
def test_every_criterion_returns_one_finite_number(tasks, name, generator):
    task = tasks[name]
    model = task.learner(task.problem(4, generator=generator).initial)
    for criterion in (task.criterion, task.validation, task.test):
        value = criterion(model)
        assert value.numel() == 1
        assert value.isfinite()


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_laws_own_weights_leave_the_noise(data, tasks, name):
    assert tasks[name].test(data.law.weights).item() == pytest.approx(0.25, abs=1e-12)


@pytest.mark.parametrize("num_rows", [2, 4, 9])
@pytest.mark.parametrize("name", [*TASKS, "held-out posterior"])
def test_no_rows_are_better_than_the_bound(data, tasks, name, num_rows, generator):
    task = {**tasks, "held-out posterior": data.held_out_tasks()["posterior"]}[name]
    assert task.bound(400) <= evaluate(task.learner, task.training, task.test) + 1e-9
    for _ in range(5):
        rows = task.problem(num_rows, generator=generator).initial
        assert task.bound(num_rows) <= evaluate(task.learner, rows, task.test) + 1e-9


SAMPLED = {
    "posterior": lambda rows, model: predictive_loss(
        rows[:, :7], replace(model, mean=model.mean[:, :3]), 0.5
    ),
    "kernel regression": lambda rows, model: prediction_error(rows, model, ALL_STATES),
    "Bayesian network": lambda rows, model: negative_log_likelihood(slices(rows))(model),
}


@pytest.mark.parametrize("name", SAMPLED)
def test_a_test_is_the_mean_over_draws_of_the_law(data, name, generator):
    """Next slices drawn anew, or whole rows for the network, within five standard errors."""
    task = data.held_out_tasks()[name]
    model = task.learner(data.training[:40])
    network, values = data.system.network(), []
    for _ in range(60):
        rows = network.sample(2000, 2, generator=generator).flatten(1)
        if name != "Bayesian network":
            now = data.test[:, :4]
            noise = rows[:, 4:] - rows[:, :4] @ data.law.weights
            rows = torch.cat([now, now @ data.law.weights + noise], dim=1)
        values.append(float(SAMPLED[name](rows, model)))
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    assert float(task.test(model)) == pytest.approx(np.mean(values), abs=5 * error)
    assert error < 0.02 * abs(np.mean(values))


@pytest.mark.parametrize("name", ["posterior", "kernel regression", "Bayesian network"])
def test_the_law_itself_is_worth_the_bound(data, name):
    task, weights = data.held_out_tasks()[name], data.law.weights
    models = {
        "posterior": Posterior(weights, torch.zeros(4, 4, dtype=weights.dtype)),
        "kernel regression": lambda inputs: inputs @ weights,
        "Bayesian network": data.system.network(),
    }
    assert float(task.test(models[name])) == pytest.approx(task.bound(4), abs=1e-9)


def test_least_squares_against_numpy(data):
    rows = data.training.numpy()
    reference = np.linalg.lstsq(rows[:, :4], rows[:, 4:], rcond=None)[0]
    np.testing.assert_allclose(least_squares(data.training), reference, atol=1e-12)


def test_least_squares_finds_the_law(data):
    torch.testing.assert_close(least_squares(data.test), data.law.weights, atol=0.08, rtol=0)


def test_covariate_shift_changes_the_covariance_alone(data, tasks):
    law = deployed(data.law)
    variances = torch.tensor(DEPLOYED_STD, dtype=torch.float64).square()
    torch.testing.assert_close(law.covariance, torch.diag(variances))
    assert torch.equal(law.weights, data.law.weights)
    assert law.noise_std == data.law.noise_std
    # One wrong weight on the input costs its square times the variance, over three states.
    wrong = data.law.weights.clone()
    wrong[3, 0] += 0.1
    expected = 0.25 + 0.01 * 9.0 / 3
    assert tasks["covariate shift"].test(wrong).item() == pytest.approx(expected, abs=1e-12)


def test_all_training_rows_have_the_posterior_aimed_at(tasks):
    task = tasks["posterior"]
    assert evaluate(task.learner, task.training, task.test) == pytest.approx(0, abs=1e-9)
    assert evaluate(task.learner, task.training[:200], task.test) > 1


def test_nine_rows_with_the_moments_of_all_rows_are_worth_all_rows(data, tasks, generator):
    learner = GaussianMLE()
    nine = learner.rows_for(learner(data.training), 9, generator=generator)
    assert nine.shape == (9, 8)
    for name in (*PREDICTIONS, "control", "posterior"):
        task = tasks[name]
        value = evaluate(task.learner, nine, task.test)
        expected = evaluate(task.learner, data.training, task.test)
        assert value == pytest.approx(expected, abs=1e-8), name


def test_two_slices_learn_from_a_batch_what_they_learn_one_by_one(data):
    learner = TwoSlices(DBNLearner(ridge=1.0, effective_size=400))
    sets = data.training[:60].reshape(3, 20, 8)
    criterion = negative_log_likelihood(data.test[:50].unflatten(-1, (2, 4)))
    batch = criterion(learner(sets))
    assert batch.shape == (3,)
    torch.testing.assert_close(batch, torch.stack([criterion(learner(rows)) for rows in sets]))


@pytest.mark.parametrize("generator", [None, 0])
def test_what_draws_asks_for_a_generator(generator):
    message = f"generator = {generator}: must be a torch.Generator"
    with pytest.raises(TypeError, match=message):
        draw_tasks("transitions", generator=generator)
    task = draw_tasks("transitions", generator=torch.Generator().manual_seed(0))["density"]
    with pytest.raises(TypeError, match=message):
        task.problem(4, generator=generator)


def test_an_unknown_family_is_refused_with_those_allowed(generator):
    with pytest.raises(ValueError, match=r"family = 'faces': unknown; .* transitions, digits"):
        draw_tasks("faces", generator=generator)


@pytest.mark.parametrize("num_rows", [-1, 0, 401])
def test_an_impossible_budget_is_refused(tasks, num_rows, generator):
    with pytest.raises(ValueError, match=f"num_rows = {num_rows}: must be from 1 to the 400"):
        tasks["prediction"].problem(num_rows, generator=generator)


def test_classes_share_a_budget_as_equally_as_it_goes(digits, generator):
    shared = digits.problem(15, generator=generator)
    sizes = sorted(map(len, digits.layout.groups(shared.initial)))
    assert sizes == [1] * 5 + [2] * 5
    rows = digits.problem(1000, generator=generator).initial
    assert sorted(rows.sum(1).tolist()) == sorted(digits.training.sum(1).tolist())


def test_training_rows_with_hidden_entries_are_refused(tasks, generator):
    rows = tasks["prediction"].training.clone()
    rows[7, 2] = torch.nan
    with pytest.raises(ValueError, match="training: row 7 has NaN"):
        replace(tasks["prediction"], training=rows).problem(4, generator=generator)


def test_a_class_without_training_rows_is_refused(digits, generator):
    rows = digits.training[digits.layout.classes(digits.training) != 3]
    with pytest.raises(ValueError, match="training: class 3 has no row"):
        replace(digits, training=rows).problem(10, generator=generator)


def test_the_start_has_equally_many_rows_of_each_class(digits, generator):
    initial = digits.problem(20, generator=generator).initial
    assert digits.layout.classes(initial).bincount().tolist() == [2] * 10


def test_fixed_labels_are_kept_and_inputs_are_free(digits, generator):
    problem, layout = digits.problem(20, generator=generator), digits.layout
    moved = problem.feasible(problem.initial + 0.3)
    assert torch.equal(layout.responses(moved), layout.responses(problem.initial))
    assert torch.equal(layout.inputs(moved), layout.inputs(problem.initial + 0.3))


def test_free_labels_are_those_given_where_they_are_probabilities(digits, generator):
    layout, task = digits.layout, replace(digits, fixed_labels=False)
    free = task.problem(20, generator=generator)
    soft = torch.cat([layout.inputs(free.initial) + 0.3, torch.full((20, 10), 0.1)], dim=1)
    assert torch.equal(free.feasible(soft), soft)
    moved = layout.responses(free.feasible(free.initial + 0.3))
    torch.testing.assert_close(moved, layout.responses(free.initial))
