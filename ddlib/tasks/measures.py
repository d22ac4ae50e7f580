"""How predictions of a table are judged, and what is descended to make them good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ddlib.learners.logistic import error_rate, soft_cross_entropy

Score = Callable[[Tensor, Tensor], Tensor]
"""Maps predictions and responses, both `(n, k)`, to a scalar; lower is better."""


@dataclass(frozen=True)
class Measure:
    """A measure of predictions.

    Attributes:
        name: what a table calls it.
        classes: whether it judges logits of classes; else values of responses.
        score: judges, on test rows.
        descended: has a gradient, and stands in for the score on training rows.
        counts: whether the score counts rows, so that many sets have the same.
    """

    name: str
    classes: bool
    score: Score
    descended: Score
    counts: bool = False

    def chosen(self, predictions: Tensor, responses: Tensor) -> Tensor:
        """Return what chooses on validation rows, a scalar: the score, ties decided by the loss.

        Where a score counts rows, the loss adds less than one row would.

        Args:
            predictions: `(n, k)`.
            responses: `(n, k)`.
        """
        score = self.score(predictions, responses)
        if not self.counts:
            return score
        loss = self.descended(predictions, responses)
        return score + loss / (1 + loss) / responses.numel()


def class_weights(labels: Tensor) -> Tensor:
    """Return weights `(n,)` of rows by which each class that has rows counts the same; mean 1.

    Args:
        labels: one-hot, `(n, k)`.
    """
    counts = labels.sum(0)
    return (labels @ torch.where(counts > 0, 1 / counts, 0.0)) * len(labels) / (counts > 0).sum()


def balanced_error(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the error rate, each class counted the same, a scalar.

    Args:
        logits: `(n, k)`.
        labels: one-hot, `(n, k)`.
    """
    wrong = (logits.argmax(-1) != labels.argmax(-1)).to(logits.dtype)
    return (class_weights(labels) * wrong).mean()


def balanced_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy, each class counted the same, a scalar, in nats.

    Args:
        logits: `(n, k)`.
        labels: one-hot, `(n, k)`.
    """
    losses = -(labels * logits.log_softmax(-1)).sum(-1)
    return (class_weights(labels) * losses).mean()


def mean_squared_error(values: Tensor, responses: Tensor) -> Tensor:
    """Return the mean squared error, a scalar.

    Args:
        values: predictions `(n, k)`.
        responses: `(n, k)`.
    """
    return (values - responses).square().mean()


def root_mean_squared_error(values: Tensor, responses: Tensor) -> Tensor:
    """Return the root of the mean squared error, in the units of the responses, a scalar.

    Args:
        values: predictions `(n, k)`.
        responses: `(n, k)`.
    """
    return mean_squared_error(values, responses).sqrt()


def mean_absolute_error(values: Tensor, responses: Tensor) -> Tensor:
    """Return the mean absolute error, in the units of the responses, a scalar.

    Args:
        values: predictions `(n, k)`.
        responses: `(n, k)`.
    """
    return (values - responses).abs().mean()


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("error", True, error_rate, soft_cross_entropy, counts=True),
        Measure("balanced error", True, balanced_error, balanced_cross_entropy, counts=True),
        Measure("log loss", True, soft_cross_entropy, soft_cross_entropy),
        Measure("rmse", False, root_mean_squared_error, mean_squared_error),
        Measure("mae", False, mean_absolute_error, mean_absolute_error),
    )
}
"""All measures by name; the first of each kind is taken unless told."""
