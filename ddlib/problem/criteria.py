"""Task criteria, told apart by the split whose rows they look at.

A working criterion may be descended, one on validation rows chooses, one on test rows reports.
Which is which is a type, so that no choice is made on test rows by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ddlib.problem.cost import Cost, spend


@dataclass(frozen=True)
class Criterion:
    r"""A task criterion $\theta\mapsto\mathcal R(\theta)$; lower is better.

    Attributes:
        score: maps a model to a scalar.
    """

    score: Callable[[Any], Tensor]

    def __call__(self, model: Any) -> Tensor:
        """Return the criterion's value, a scalar.

        Args:
            model: what a learner returns.

        Raises:
            ValueError: unless the score is one number.
        """
        return self._checked(model, ())

    def batch(self, models: Any, count: int) -> Tensor:
        """Return the values `(count,)` of a batch of models.

        Args:
            models: what a `BatchLearner` returns.
            count: number of models.

        Raises:
            ValueError: unless the score is one number a model.
        """
        return self._checked(models, (count,))

    def _checked(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        value = self.score(model)
        if value.shape != shape:
            raise ValueError(
                f"criterion: returned shape {tuple(value.shape)}; must return one number a model, "
                f"shape {shape}"
            )
        return value


class TrainingCriterion(Criterion):
    """A working criterion, computed from training rows: what a distiller may descend."""

    def _checked(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        value = super()._checked(model, shape)
        count = value.numel()
        spend(Cost(gradients=count) if value.requires_grad else Cost(evaluations=count))
        return value


class ValidationCriterion(Criterion):
    """A criterion on validation rows: what chooses among steps, step sizes and penalties."""

    def _checked(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        value = super()._checked(model, shape)
        spend(Cost(looks=value.numel()))
        return value


class TestCriterion(Criterion):
    """A criterion on test rows or on the law itself: what is reported, and chooses nothing."""

    __test__ = False  # the name is the field's; pytest is not to collect it


def check_split(criterion: Any, split: type[Criterion], name: str) -> None:
    """Check which rows a criterion looks at.

    Args:
        criterion: what is checked.
        split: class that it must belong to.
        name: argument that the message names.

    Raises:
        TypeError: unless `criterion` belongs to `split`.
    """
    if not isinstance(criterion, split):
        raise TypeError(f"{name}: is a {type(criterion).__name__}; must be a {split.__name__}")
