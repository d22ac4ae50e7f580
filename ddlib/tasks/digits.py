r"""Classification data: scikit-learn's bundled handwritten digits, and two moons for pictures.

A digit is $8\times8$ pixels in a row of 64 inputs, with its class one-hot. The inputs are
$(x-\mu)/\sigma$ with one $\mu$ and one $\sigma$ for all pixels, taken from training rows only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import pi
from typing import Protocol

import torch
from sklearn.datasets import load_digits
from torch import Generator, Tensor, nn
from torch.nn.functional import one_hot

from ddlib.learners.logistic import LogisticRegression, error_rate, soft_cross_entropy
from ddlib.learners.network import NetworkLearner, convnet, mlp
from ddlib.problem import Predictor, TestCriterion, TrainingCriterion, ValidationCriterion
from ddlib.problem.rows import Layout, check_rows
from ddlib.tasks.task import Task

LAYOUT = Layout(10, categorical=True)
DIGITS_TASKS: dict[str, str] = dict.fromkeys(
    ("logistic regression", "perceptron", "deep perceptron", "convolutional"),
    "share of wrong rows",
)
"""The tasks, and what their values are."""


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

    Step sizes and penalty were the best on validation rows of other draws. A network starts at
    random, so that it is judged over five trainings.

    Args:
        generator: draws the splits.
    """
    data, tanh = load_digits_splits(generator=generator), nn.Tanh
    network = partial(NetworkLearner, start="he")
    learners = (
        LogisticRegression(10, penalty=3e-3, num_steps=40),
        network(partial(mlp, 64, (32,), 10, tanh), 10, 40, 0.8),
        network(partial(mlp, 64, (64, 64), 10, tanh), 10, 40, 0.8),
        network(partial(convnet, 10, 8), 10, 60, 0.5),
    )
    named = zip(DIGITS_TASKS, learners, strict=True)
    tasks = {name: digits_task(learner, data) for name, learner in named}
    return {
        name: replace(task, num_trainings=5 if isinstance(task.learner, NetworkLearner) else 1)
        for name, task in tasks.items()
    }


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
