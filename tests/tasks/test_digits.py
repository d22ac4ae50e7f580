"""The digits against scikit-learn's, the moons against their circles, and the tasks on them."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from torch import nn

from ddlib.learners.logistic import LogisticRegression
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.problem import evaluate
from ddlib.tasks.digits import digits_task, load_digits_splits, two_moons

LEARNERS = [
    LogisticRegression(10, penalty=3e-3),
    NetworkLearner(partial(mlp, 64, (32,), 10, nn.Tanh), 10, num_steps=40, step_size=0.5),
]


@pytest.fixture(scope="module")
def data():
    return load_digits_splits(generator=torch.Generator().manual_seed(0))


def test_splits_are_the_digits_in_another_order(data):
    assert [len(data.training), len(data.validation), len(data.test)] == [1000, 300, 497]
    rows = torch.cat([data.training, data.validation, data.test])
    assert rows.dtype == torch.float32
    pixels, digits = load_digits(return_X_y=True)
    low, high = rows[:, :64].min(), rows[:, :64].max()  # pixels go from 0 to 16
    restored = ((rows[:, :64] - low) / (high - low) * 16).round().numpy()
    ours = np.column_stack([restored, rows[:, 64:].argmax(1)])
    theirs = np.column_stack([pixels, digits])
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])


def test_scale_comes_from_training_rows_only(data):
    inputs = data.training[:, :64]
    assert inputs.mean().item() == pytest.approx(0, abs=1e-5)
    assert inputs.std().item() == pytest.approx(1, abs=1e-5)
    assert abs(data.test[:, :64].mean().item()) > 1e-4


def test_labels_are_one_hot(data):
    labels = data.training[:, 64:]
    assert (labels.sum(1) == 1).all()
    assert set(labels.unique().tolist()) == {0.0, 1.0}
    assert (labels.sum(0) > 0).all()


def test_splits_follow_the_generator(data):
    same, other = (
        load_digits_splits(generator=torch.Generator().manual_seed(seed)) for seed in (0, 1)
    )
    assert torch.equal(same.training, data.training)
    assert not torch.equal(other.training, data.training)


@pytest.mark.parametrize("counts", [(0, 300), (1000, 0), (1500, 297)])
def test_empty_splits_are_refused(counts, generator):
    num_training, num_validation = counts
    with pytest.raises(ValueError, match=f"num_training = {num_training}, .*: must be at least 1"):
        load_digits_splits(
            generator=generator, num_training=num_training, num_validation=num_validation
        )


def test_training_rows_need_every_class(generator):
    with pytest.raises(ValueError, match=r"training: class \d has no row"):
        load_digits_splits(generator=generator, num_training=9)


@pytest.mark.parametrize("learner", LEARNERS)
def test_task_judges_by_the_error_on_test_rows(learner, data, generator):
    task = digits_task(learner, data)
    theta = learner(data.training, generator=generator)
    predicted = learner.logits(theta, data.test[:, :64]).argmax(1)
    accuracy = accuracy_score(data.test[:, 64:].argmax(1), predicted)
    assert task.test(theta).item() == pytest.approx(1 - accuracy, abs=1e-6)
    assert accuracy > 0.9
    assert task.validation(theta) != task.test(theta)


@pytest.mark.parametrize("learner", LEARNERS)
def test_problem_has_a_gradient_and_keeps_labels(learner, data, generator):
    task = digits_task(learner, data)
    problem = task.problem(20, generator=generator)
    assert problem.initial[:, 64:].sum(0).tolist() == [2.0] * 10
    rows = problem.initial.clone().requires_grad_()
    state = generator.get_state()
    before = problem.objective(rows, generator=generator)
    (gradient,) = torch.autograd.grad(before, rows)
    moved = problem.feasible(rows.detach() - 0.1 * gradient / gradient.norm())
    assert torch.equal(moved[:, 64:], problem.initial[:, 64:])
    generator.set_state(state)
    assert problem.objective(moved, generator=generator) < before
    assert 0 < evaluate(learner, moved, task.test, generator=generator) < 0.5


def test_task_refuses_other_numbers_of_classes(data):
    with pytest.raises(ValueError, match="num_responses = 3: must be 10"):
        digits_task(LogisticRegression(3, penalty=0.1), data)


def test_moons_lie_on_their_half_circles(generator):
    rows = two_moons(101, noise_std=0.0, generator=generator)
    assert rows.dtype == torch.float32
    assert rows[:, 2:].sum(0).tolist() == [51.0, 50.0]
    outer, inner = (rows[rows[:, 2 + c] == 1, :2] for c in (0, 1))
    radius = (inner - torch.tensor([1.0, 0.5])).norm(dim=1)
    torch.testing.assert_close(outer.norm(dim=1), torch.ones(51))
    torch.testing.assert_close(radius, torch.ones(50))
    assert (outer[:, 1] >= 0).all()
    assert (inner[:, 1] <= 0.5).all()


def test_moons_have_the_noise_asked_for():
    clean, noisy = (
        two_moons(20_000, noise_std=std, generator=torch.Generator().manual_seed(0))
        for std in (0.0, 0.2)
    )
    noise = (noisy - clean)[:, :2]
    assert noise.std(0).tolist() == pytest.approx([0.2, 0.2], rel=0.03)


@pytest.mark.parametrize("settings", [(1, 0.1), (10, -0.1)])
def test_bad_moons_are_refused(settings, generator):
    num_rows, noise_std = settings
    with pytest.raises(ValueError, match="must be at least"):
        two_moons(num_rows, noise_std=noise_std, generator=generator)
