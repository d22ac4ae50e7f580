"""What the columns of a row are: inputs first, then responses, which may be classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault, raise_faults


@dataclass(frozen=True)
class Layout:
    """Inputs, then responses; none of these in a task without labels.

    Attributes:
        num_responses: number of responses k.
        categorical: whether the responses of a row are the probabilities of its classes: one-hot
            in real rows, soft in synthetic ones where that is feasible.

    Raises:
        ValueError: for a number of responses that is not whole, below 0, or below 2 for classes,
            and unless `categorical` is True or False.
    """

    num_responses: int = 0
    categorical: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        wanted = "a whole number, at least 0, and 2 for classes"
        least = 2 if self.categorical else 0
        faults = count_faults("num_responses", self.num_responses, least, wanted)
        if not isinstance(self.categorical, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            faults.append(fault("categorical", self.categorical, "True or False"))
        raise_faults(faults)

    def inputs(self, rows: Tensor) -> Tensor:
        """Return the inputs `(…, d)`.

        Args:
            rows: `(…, d + k)`.
        """
        return rows[..., : rows.shape[-1] - self.num_responses]

    def responses(self, rows: Tensor) -> Tensor:
        """Return the responses `(…, k)`.

        Args:
            rows: `(…, d + k)`.
        """
        return rows[..., rows.shape[-1] - self.num_responses :]

    def classes(self, rows: Tensor) -> Tensor:
        """Return the likeliest class of each row, `(m,)`; 0 for all where there are none.

        Args:
            rows: `(m, d + k)`.
        """
        if not self.categorical:
            return torch.zeros(len(rows), dtype=torch.long, device=rows.device)
        return self.responses(rows).argmax(-1)

    def groups(self, rows: Tensor) -> list[Tensor]:
        """Return the indices of the rows of each class; one group where there are no classes.

        Args:
            rows: `(m, d + k)`.
        """
        classes = self.classes(rows)
        count = self.num_responses if self.categorical else 1
        return [(classes == c).nonzero().flatten() for c in range(count)]

    def on_simplex(self, rows: Tensor) -> Tensor:
        r"""Return `rows` with soft labels that are probabilities: the nearest to those given.

        The projection onto $\{y\ge0,\ \sum_cy_c=1\}$ is $\max(y-\tau,0)$ (Held et al. 1974).
        Labels that are probabilities, to rounding, and rows without classes stay as they are.

        Args:
            rows: `(…, d + k)`.
        """
        if not self.categorical:
            return rows
        labels = self.responses(rows)
        ordered = labels.sort(-1, descending=True).values
        counts = torch.arange(1, self.num_responses + 1, dtype=rows.dtype, device=rows.device)
        levels = (ordered.cumsum(-1) - 1) / counts  # tau if so many entries stay above 0
        kept = (ordered > levels).sum(-1, keepdim=True)
        moved = (labels - levels.gather(-1, kept - 1)).clamp_min(0)
        rounding = 8 * self.num_responses * torch.finfo(rows.dtype).eps
        sums = labels.sum(-1, keepdim=True)
        fine = (labels >= 0).all(-1, keepdim=True) & ((sums - 1).abs() <= rounding)
        return torch.cat([self.inputs(rows), torch.where(fine, labels, moved)], dim=-1)

    def features(self, rows: Tensor) -> Tensor:
        """Return what a class is compared by, `(m, d)`: the inputs; all columns without classes.

        Args:
            rows: `(m, …)`.
        """
        return self.inputs(rows) if self.categorical else rows.reshape(len(rows), -1)

    def standardiser(self, rows: Tensor) -> Callable[[Tensor], Tensor]:
        """Return the map that centres the features of `rows` and scales them to unit deviation.

        Each column by its own deviation; the inputs of classes all by one, as pixels are, so that
        those which hardly vary are not blown up. Such inputs have to be in comparable units.

        Args:
            rows: `(n, …)`, which say what is centre and deviation.

        Returns:
            A map from features `(…, d)` to standardised ones, without units.
        """
        features = self.features(rows)
        center, scale = features.mean(0), features.std(0, correction=0)
        if self.categorical:
            scale = scale.square().mean().sqrt().expand_as(scale)
        scale = torch.where(scale > 0, scale, 1.0)
        return lambda features: (features - center) / scale


def check_rows(name: str, rows: Tensor, layout: Layout, *, every_class: bool = True) -> None:
    """Check rows.

    Args:
        name: argument that the message names.
        rows: `(n, …)`.
        layout: says which classes there are.
        every_class: whether each must have a row; a set may have fewer rows than there are.

    Raises:
        ValueError: unless `rows` are at least one of floating-point numbers, dense, finite and
            with a column beside the responses, and unless every class has one if asked.
    """
    _check_kind(name, rows)
    if rows.ndim < 2 or rows.numel() == 0:
        raise ValueError(
            f"{name}: shape {tuple(rows.shape)}; must be (rows, …) with at least one entry"
        )
    if rows.shape[-1] <= layout.num_responses:
        raise ValueError(
            f"{name}: {rows.shape[-1]} columns; must be more than the {layout.num_responses} "
            "responses of layout"
        )
    if not rows.isfinite().all():
        bad = (~rows.isfinite()).reshape(len(rows), -1).any(1).nonzero()[0].item()
        raise ValueError(
            f"{name}: row {bad} has NaN or infinite entries; must be finite, so fill hidden "
            "entries first"
        )
    for c, group in enumerate(layout.groups(rows)):
        if len(group) == 0 and every_class:
            raise ValueError(f"{name}: class {c} has no row; must have one of every class")


def _check_kind(name: str, rows: object) -> None:
    """Raise `ValueError` unless `rows` are a dense tensor of floating-point numbers."""
    if not isinstance(rows, Tensor):
        kind = f"a {type(rows).__name__}"
    elif not rows.is_floating_point():
        kind = f"{rows.dtype}"
    elif rows.layout != torch.strided:
        kind = f"{rows.layout}"
    else:
        return
    raise ValueError(f"{name}: {kind}; must be a tensor of floating-point numbers, dense")
