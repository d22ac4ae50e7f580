"""Task criteria, told apart by the split whose rows they look at.

A working criterion may be descended, one on validation rows chooses, one on test rows reports.
Which is which is a type, so that no choice is made on test rows by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ddlib.arguments import function_faults, is_number, raise_faults
from ddlib.problem.cost import Cost, spend


@dataclass(frozen=True)
class Criterion:
    r"""A task criterion $\theta\mapsto\mathcal R(\theta)$; lower is better.

    Attributes:
        score: maps a model to a scalar, or to a float, as metrics of scikit-learn do.

    Raises:
        TypeError: for a score that is no function.
    """

    score: Callable[[Any], Tensor | float]

    def __post_init__(self) -> None:
        """Check the score."""
        raise_faults([], function_faults("score", self.score, "a function of a model"))

    def __call__(self, model: Any) -> Tensor:
        """Return the criterion's value, a scalar.

        Args:
            model: what a learner returns.

        Raises:
            ValueError: unless the score is one real number.
        """
        return self._checked(model, ())

    def batch(self, models: Any, count: int) -> Tensor:
        """Return the values `(count,)` of a batch of models.

        Args:
            models: what a `BatchLearner` returns.
            count: number of models.

        Raises:
            ValueError: unless the score is one real number per model, in a tensor.
        """
        return self._checked(models, (count,))

    def _checked(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        value = self.score(model)
        if shape == () and is_number(value):
            return torch.tensor(float(value), dtype=torch.float64)
        return _checked_value(value, shape)


class TrainingCriterion(Criterion):
    """A working criterion, computed from training rows: what a distiller may descend.

    Attributes:
        score: maps a model to a scalar, differentiable where a method asks for a gradient, which
            a float is not.
    """

    def _checked(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        value = super()._checked(model, shape)
        count = value.numel()
        spend(Cost(gradients=count) if value.requires_grad else Cost(evaluations=count))
        return value


class ValidationCriterion(Criterion):
    """A criterion on validation rows: what chooses among steps, step sizes and penalties.

    Attributes:
        score: maps a model to a scalar or a float, lower is better; it needs no gradient.
    """

    def _checked(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        value = super()._checked(model, shape)
        spend(Cost(looks=value.numel()))
        return value


class TestCriterion(Criterion):
    """A criterion on test rows or on the law itself: what is reported, and chooses nothing.

    Attributes:
        score: maps a model to a scalar or a float, lower is better; it needs no gradient.
    """

    __test__ = False  # the name is the field's; pytest is not to collect it


def _checked_value(value: object, shape: tuple[int, ...]) -> Tensor:
    """Return a score; raise `ValueError` unless it is a tensor of real numbers, of this shape."""
    if isinstance(value, Tensor) and value.shape == shape and value.is_floating_point():
        return value
    if not isinstance(value, Tensor):
        told = f"a {type(value).__name__}"
    elif value.shape != shape:
        told = f"shape {tuple(value.shape)}"
    else:
        told = f"{value.dtype}"
    raise ValueError(
        f"criterion: returned {told}; must return one number per model, a tensor of shape {shape} "
        f"and of floating-point type{'' if shape else ', or a float'}"
    )


def split_faults(criterion: object, split: type[Criterion], name: str) -> list[str]:
    """Return what is wrong with a criterion that must look at the rows of a split.

    Args:
        criterion: what is checked.
        split: class that it must belong to.
        name: argument that the message names.
    """
    if isinstance(criterion, split):
        return []
    return [f"{name}: is a {type(criterion).__name__}; must be a {split.__name__}"]


def check_split(criterion: object, split: type[Criterion], name: str) -> None:
    """Check which rows a criterion looks at.

    Args:
        criterion: what is checked.
        split: class that it must belong to.
        name: argument that the message names.

    Raises:
        TypeError: unless `criterion` belongs to `split`.
    """
    raise_faults([], split_faults(criterion, split, name))
