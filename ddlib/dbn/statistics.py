"""Sufficient statistics of incomplete Gaussian data: the moments of each missingness pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ddlib.dbn.checks import as_float64
from ddlib.dbn.gaussian import PatternStack
from ddlib.dbn.patterns import PatternMoments, pooled, stacked, summarise

# Numbers in one padded block of covariances, 32 MiB: what bounds the memory of a likelihood.
STACK_ENTRIES = 2**22


@dataclass(frozen=True, eq=False)
class SufficientStatistics:
    """All that a linear-Gaussian likelihood needs of trajectories with hidden entries.

    `+` pools the rows of two statistics.

    Attributes:
        patterns: moments of each missingness pattern, once.

    Raises:
        ValueError: for no pattern, one that stands twice, and patterns of unequal (T, p).
    """

    patterns: tuple[PatternMoments, ...]

    def __post_init__(self) -> None:
        """Check the patterns."""
        shapes = {tuple(pattern.observed.shape) for pattern in self.patterns}
        if len(shapes) != 1:
            raise ValueError(
                f"patterns: shapes {sorted(shapes)}; must be one shape (slices, variables)"
            )
        if len({pattern.key for pattern in self.patterns}) < len(self.patterns):
            raise ValueError("patterns: two are equal; must be distinct, so add equal ones with +")

    @classmethod
    def from_trajectories(cls, trajectories: Tensor) -> SufficientStatistics:
        """Return the statistics of trajectories, differentiable in the rows.

        Args:
            trajectories: `(n, T, p)`, NaN = hidden.

        Raises:
            ValueError: for no rows, and as `as_trajectories` does.
        """
        rows = as_trajectories(trajectories)
        if len(rows) == 0:
            raise ValueError("trajectories: no rows; must be at least 1")
        groups = group_by_pattern(rows)
        return cls(tuple(summarise(observed, rows[index]) for observed, index in groups))

    @classmethod
    def from_batches(cls, batches: Iterable[Tensor]) -> SufficientStatistics:
        """Return the statistics of batches of trajectories: those of all rows at once, to rounding.

        Memory holds one batch and one summary a pattern.

        Args:
            batches: each `(n, T, p)`, NaN = hidden.

        Raises:
            ValueError: for no batch, and as `from_trajectories` does.
        """
        return cls(pooled(p for rows in batches for p in cls.from_trajectories(rows).patterns))

    @property
    def num_rows(self) -> int:
        """The number of trajectories summarised."""
        return sum(pattern.count for pattern in self.patterns)

    @property
    def num_slices(self) -> int:
        """The number T of slices of a trajectory."""
        return self.patterns[0].observed.shape[0]

    @property
    def num_variables(self) -> int:
        """The number p of variables of a slice."""
        return self.patterns[0].observed.shape[1]

    @property
    def complete(self) -> bool:
        """Whether no row hides any entry."""
        return all(bool(pattern.observed.all()) for pattern in self.patterns)

    def __add__(self, other: SufficientStatistics) -> SufficientStatistics:
        """Pool the rows of both."""
        return SufficientStatistics(pooled((*self.patterns, *other.patterns)))

    def stacks(self) -> Iterator[PatternStack]:
        """Yield all patterns, padded to T·p entries, in blocks of bounded memory."""
        if self._one_stack is not None:
            yield self._one_stack
            return
        size = self._stack_size
        for start in range(0, len(self.patterns), size):
            yield stacked(self.patterns[start : start + size])

    @property
    def _stack_size(self) -> int:
        """Patterns that fit into one block, at least 1."""
        return max(1, STACK_ENTRIES // (self.num_slices * self.num_variables) ** 2)

    @cached_property
    def _one_stack(self) -> PatternStack | None:
        """All patterns in one block, kept for the next call, if they fit."""
        return stacked(self.patterns) if len(self.patterns) <= self._stack_size else None


def as_trajectories(trajectories: Tensor) -> Tensor:
    """Return trajectories as float64 `(n, T, p)`.

    Args:
        trajectories: of that shape, finite or NaN.

    Raises:
        ValueError: for another shape, no slice or no variable, an infinite entry, and what is no
            dense tensor of real numbers.
    """
    rows = as_float64("trajectories", trajectories)
    if rows.ndim != 3 or 0 in rows.shape[1:]:
        raise ValueError(
            f"trajectories: shape {tuple(rows.shape)}; must be (rows, slices, variables), the last "
            "two at least 1; a table of static rows is table[:, None, :]"
        )
    if rows.isinf().any():
        raise ValueError(
            f"trajectories: {first_entry(rows.isinf())} is infinite; must be finite or NaN"
        )
    return rows


def first_entry(flags: Tensor) -> str:
    """Return the name of the first entry that is True, for an error.

    Args:
        flags: bool `(n, T, p)` or `(T, p)`.
    """
    *row, time, variable = flags.nonzero()[0].tolist()
    return f"variable {variable} in slice {time}" + (f" of row {row[0]}" if row else "")


def group_by_pattern(rows: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return the mask `(T, p)`, True where seen, and the row indices of each missingness pattern.

    Args:
        rows: `(n, T, p)`, NaN = hidden.
    """
    observed = ~rows.isnan()
    if bool((observed == observed[:1]).all()):  # the usual case, and sorting would be the cost
        return [(mask, torch.arange(len(rows), device=rows.device)) for mask in observed[:1]]
    masks, group, counts = torch.unique(observed, dim=0, return_inverse=True, return_counts=True)
    indices = group.argsort(stable=True).split(counts.tolist())
    return list(zip(masks, indices, strict=True))
