"""The digits against scikit-learn's, the moons against their circles, and the tasks on them."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from torch import nn
from torch.nn.functional import one_hot

from ddlib.learners.logistic import LogisticRegression
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.problem import evaluate
from ddlib.streams import spawn
from ddlib.tasks import digits
from ddlib.tasks.digits import digits_task, digits_tasks, load_digits_splits, two_moons

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


def wrong_rows(learner, training, validation, *, num_starts):
    """Sum over trainings, each from the next start of one stream."""
    starts = torch.Generator().manual_seed(3)
    load_digits_splits(generator=starts)
    starts = spawn(starts, "starts that choose")
    counts = [
        (1 - accuracy_score(validation[:, 64:].argmax(1), predicted.argmax(1))) * len(validation)
        for predicted in (
            learner.predict(learner(training, generator=starts), validation[:, :64])
            for _ in range(num_starts)
        )
    ]
    return round(sum(counts))


def test_settings_are_those_with_the_fewest_wrong_validation_rows():
    seed = partial(torch.Generator().manual_seed, 3)
    rows, chosen = load_digits_splits(generator=seed()), digits_tasks(generator=seed())
    grids = {
        "logistic regression": ("penalty", (1e-3, 1e-2, 1e-1), 1, 1000),
        "perceptron": ("step_size", (0.25, 0.5, 1.0), 2, 1000),
        "deep perceptron": ("step_size", (0.25, 0.5, 1.0), 2, 1000),
        "convolutional": ("step_size", (0.25, 0.5), 2, 250),
    }
    assert [*chosen] == [*grids]
    for name, (setting, grid, num_starts, num_rows) in grids.items():
        learner = chosen[name].learner
        counts = [
            wrong_rows(
                replace(learner, **{setting: value}),
                rows.training[:num_rows],
                rows.validation,
                num_starts=num_starts,
            )
            for value in grid
        ]
        assert len(set(counts)) > 1
        assert getattr(learner, setting) == grid[np.argmin(counts)], (name, counts)


def torn(rows):
    """The rows with the classes of other rows."""
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))
    return torch.cat([rows[:, :64], rows[order, 64:]], dim=1)


def test_validation_rows_choose_and_test_rows_do_not(data, generator):
    learners = [LogisticRegression(10, penalty) for penalty in (100.0, 0.01)]

    def choose(rows):
        return digits.choose_learner(learners, rows, generator)

    assert choose(data) is learners[1]
    assert choose(replace(data, test=torn(data.test))) is learners[1]
    # Where the model that is nearly constant is right, it is chosen.
    model = learners[0](data.training)
    guesses = learners[0].predict(model, data.validation[:, :64]).argmax(1)
    labels = one_hot(guesses, 10).float()
    other = torch.cat([data.validation[:, :64], labels], dim=1)
    assert choose(replace(data, validation=other)) is learners[0]


def test_the_tasks_of_a_draw_do_not_depend_on_test_rows(data, monkeypatch):
    def learners(splits):
        monkeypatch.setattr(digits, "load_digits_splits", lambda *, generator: splits)
        tasks = digits_tasks(generator=torch.Generator().manual_seed(0))
        return [
            getattr(task.learner, "penalty", None) or task.learner.step_size
            for task in tasks.values()
        ]

    few = replace(data, training=data.training[:200])
    assert learners(few) == learners(replace(few, test=torn(few.test)))


def test_of_equally_good_settings_the_first_is_chosen(data, generator):
    few = replace(data, validation=data.validation[:1])
    learners = [LogisticRegression(10, penalty) for penalty in (0.02, 0.01, 0.03)]
    assert digits.choose_learner(learners, few, generator) is learners[0]


def test_a_choice_leaves_the_generator_where_it_stands(data, generator):
    before = generator.get_state()
    digits.choose_learner(LEARNERS, data, generator)
    assert torch.equal(generator.get_state(), before)


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
