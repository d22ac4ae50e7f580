r"""Classification data: scikit-learn's bundled handwritten digits, and two moons for pictures.

A digit is $8\times8$ pixels in a row of 64 inputs, with its class one-hot. The inputs are
$(x-\mu)/\sigma$ with one $\mu$ and one $\sigma$ for all pixels, taken from training rows only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import pi
from typing import Protocol

import torch
from sklearn.datasets import load_digits
from torch import Generator, Tensor, nn
from torch.nn.functional import one_hot

from ddlib.learners.logistic import LogisticRegression, error_rate, soft_cross_entropy
from ddlib.learners.modules import Architecture
from ddlib.learners.network import NetworkLearner, convnet, mlp
from ddlib.problem import Predictor, TestCriterion, TrainingCriterion, ValidationCriterion
from ddlib.problem.rows import Layout, check_rows
from ddlib.streams import spawn
from ddlib.tasks.task import Task

LAYOUT = Layout(10, categorical=True)
DIGITS_TASKS: dict[str, str] = dict.fromkeys(
    ("logistic regression", "perceptron", "deep perceptron", "convolutional"),
    "share of wrong rows",
)
"""The tasks, and what their values are."""

PENALTIES = (1e-3, 1e-2, 1e-1)
"""Penalties that the logistic regression chooses from on the validation rows of a draw."""

STEP_SIZES = (0.25, 0.5, 1.0)
"""Step sizes that a network chooses from; the convolutional one from the first two."""

NUM_STARTS = 2
"""Trainings over which a step size is judged, from the same starts for all."""

NUM_CONVOLVED = 250
"""Training rows, in their random order, from which the convolutional network learns to choose."""


class Classifier(Predictor, Protocol):
    """A learner whose models give logits."""

    @property
    def num_responses(self) -> int:
        """The number k of classes."""
        ...


@dataclass(frozen=True)
class Digits:
    """Three disjoint sets of digits, float32.

    Attributes:
        training: rows `(n, 64 + 10)`.
        validation: rows of the same form.
        test: rows of the same form.
    """

    training: Tensor
    validation: Tensor
    test: Tensor


def load_digits_splits(
    *, generator: Generator, num_training: int = 1000, num_validation: int = 300
) -> Digits:
    """Return the 1797 digits in three random splits; what is left over is for testing.

    Args:
        generator: draws the splits.
        num_training: number of training rows.
        num_validation: number of validation rows.

    Raises:
        ValueError: for counts that leave a split empty, and for training rows that lack a class.
    """
    pixels, digits = (torch.from_numpy(a) for a in load_digits(return_X_y=True))
    if min(num_training, num_validation) < 1 or num_training + num_validation >= len(pixels):
        raise ValueError(
            f"num_training = {num_training}, num_validation = {num_validation}: must be at least "
            f"1 each and leave some of the {len(pixels)} rows for testing"
        )
    order = torch.randperm(len(pixels), generator=generator)
    known = pixels[order[:num_training]]
    inputs = (pixels - known.mean()) / known.std()
    rows = torch.cat([inputs, one_hot(digits, 10)], dim=1).float()[order]
    num_test = len(rows) - num_training - num_validation
    splits = Digits(*rows.split([num_training, num_validation, num_test]))
    check_rows("training", splits.training, LAYOUT)
    return splits


def digits_task(learner: Classifier, data: Digits) -> Task:
    """Return the task of recognising digits: cross-entropy to descend, error rate to judge.

    Args:
        learner: learns to tell ten classes apart.
        data: the three splits.

    Raises:
        ValueError: for a learner of another number of classes.
    """
    if learner.num_responses != LAYOUT.num_responses:
        raise ValueError(f"num_responses = {learner.num_responses}: must be {LAYOUT.num_responses}")
    return classification_task(learner, data.training, data.validation, data.test, LAYOUT)


def classification_task(
    learner: Classifier, training: Tensor, validation: Tensor, test: Tensor, layout: Layout
) -> Task:
    """Return the task of classifying: cross-entropy to descend, error rate to judge.

    The labels of synthetic rows are fixed.

    Args:
        learner: learns to tell the classes apart.
        training: rows `(n, d + k)`.
        validation: rows of the same form.
        test: rows of the same form.
        layout: tells inputs and classes apart.
    """

    def on(rows: Tensor, measure: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        inputs, labels = layout.inputs(rows), layout.responses(rows)
        return lambda theta: measure(learner.predict(theta, inputs), labels)

    return Task(
        learner,
        training,
        TrainingCriterion(on(training, soft_cross_entropy)),
        ValidationCriterion(on(validation, error_rate)),
        TestCriterion(on(test, error_rate)),
        layout,
        fixed_labels=True,
    )


def digits_tasks(*, generator: Generator) -> dict[str, Task]:
    """Return the task of each learner of digits on new splits, by name.

    Penalty and step sizes are those with the fewest wrong validation rows of this draw; test rows
    choose nothing. A network starts at random, so that it is judged over five trainings.

    Args:
        generator: draws the splits.
    """
    data = load_digits_splits(generator=generator)
    # Its trainings are dear, and how large a step may be depends little on the number of rows.
    few = replace(data, training=data.training[:NUM_CONVOLVED])
    learners = (
        choose_learner([LogisticRegression(10, p, 40) for p in PENALTIES], data, generator),
        choose_learner(_networks(partial(mlp, 64, (32,), 10, nn.Tanh), 40), data, generator),
        choose_learner(_networks(partial(mlp, 64, (64, 64), 10, nn.Tanh), 40), data, generator),
        choose_learner(_networks(partial(convnet, 10, 8), 60)[:2], few, generator),
    )
    named = zip(DIGITS_TASKS, learners, strict=True)
    tasks = {name: digits_task(learner, data) for name, learner in named}
    return {
        name: replace(task, num_trainings=5 if isinstance(task.learner, NetworkLearner) else 1)
        for name, task in tasks.items()
    }


def choose_learner(
    learners: Sequence[Classifier], data: Digits, generator: Generator
) -> Classifier:
    """Return the learner with the fewest wrong validation rows; of several such, the first.

    Args:
        learners: of which one is chosen; a network is trained `NUM_STARTS` times.
        data: whose training rows they learn from.
        generator: left standing where it is; the starts follow from there, the same for each.
    """
    inputs, classes = LAYOUT.inputs(data.validation), LAYOUT.classes(data.validation)

    def wrong_rows(learner: Classifier) -> int:
        starts = spawn(generator, "starts that choose")
        count = NUM_STARTS if isinstance(learner, NetworkLearner) else 1
        with torch.no_grad():
            models = [learner(data.training, generator=starts) for _ in range(count)]
            guesses = [learner.predict(model, inputs).argmax(1) for model in models]
        return int((torch.stack(guesses) != classes).sum())  # whole rows: rounding breaks no tie

    return min(learners, key=wrong_rows)


def _networks(architecture: Architecture, num_steps: int) -> list[NetworkLearner]:
    """Return the network with each step size."""
    return [NetworkLearner(architecture, 10, num_steps, size, start="he") for size in STEP_SIZES]


def two_moons(num_rows: int, *, noise_std: float, generator: Generator) -> Tensor:
    r"""Return `(num_rows, 2 + 2)` rows, float32, on two interleaved half circles in turn.

    Class 0 lies on $(\cos t,\sin t)$, class 1 on $(1-\cos t,\frac12-\sin t)$, $t$ uniform on
    $[0,\pi]$, with Gaussian noise in both inputs.

    Args:
        num_rows: number of rows.
        noise_std: standard deviation of the noise, in the units of the inputs.
        generator: draws $t$ and the noise.

    Raises:
        ValueError: for fewer than 2 rows, and for negative noise.
    """
    if num_rows < 2:
        raise ValueError(f"num_rows = {num_rows}: must be at least 2, one of each class")
    if not noise_std >= 0:
        raise ValueError(f"noise_std = {noise_std}: must be at least 0")
    angle = pi * torch.rand(num_rows, 1, generator=generator)
    classes = torch.arange(num_rows) % 2
    outer = torch.cat([angle.cos(), angle.sin()], dim=1)
    inner = torch.tensor([1.0, 0.5]) - outer
    moons = torch.where(classes[:, None] == 0, outer, inner)
    noise = noise_std * torch.randn(num_rows, 2, generator=generator)
    return torch.cat([moons + noise, one_hot(classes, 2)], dim=1)
