"""Sufficient statistics of incomplete Gaussian data: one mean and scatter per missingness pattern.

Rows that hide the same entries are summarised, over the k entries they show, by

    n,   m = Σ x / n,   C = Σ (x − m)(x − m)ᵀ,

and two summaries of one pattern merge, with Δ = m₂ − m₁, by (Chan, Golub and LeVeque 1979)

    n = n₁ + n₂,   m = m₁ + Δ n₂/n,   C = C₁ + C₂ + ΔΔᵀ n₁n₂/n.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ddlib.dbn.gaussian import PatternStack

# Numbers in one padded block of covariances, 32 MiB: what bounds the memory of a likelihood.
STACK_ENTRIES = 2**22


@dataclass(frozen=True, eq=False)
class PatternMoments:
    """Moments of the rows that share one missingness pattern.

    `observed` is (T, p), True where the entry is seen; with k entries seen, `mean` is (k,) and
    `scatter` (k, k), the centred sum of outer products, in slice-major order; `count` is in rows.
    Raises ValueError if a shape does not fit, a value is not finite, or `count` is below 1.
    """

    observed: Tensor
    count: int
    mean: Tensor
    scatter: Tensor

    def __post_init__(self) -> None:
        seen = int(self.observed.sum())
        if self.mean.shape != (seen,) or self.scatter.shape != (seen, seen):
            raise ValueError(
                f"mean and scatter must have shapes ({seen},) and ({seen}, {seen}), one for each "
                f"observed entry, got {tuple(self.mean.shape)} and {tuple(self.scatter.shape)}"
            )
        if self.count < 1:
            raise ValueError(f"count must be at least 1 row, got {self.count}")
        if not (self.mean.isfinite().all() and self.scatter.isfinite().all()):
            raise ValueError("mean and scatter must be finite")

    @property
    def key(self) -> bytes:
        """The pattern as bytes: what two mergeable summaries have in common."""
        return self.observed.cpu().numpy().tobytes()

    @property
    def covariance(self) -> Tensor:
        """Scatter divided by the number of rows, (k, k)."""
        return self.scatter / self.count

    def merge(self, other: "PatternMoments") -> "PatternMoments":
        """Return the moments of both sets of rows together; the pattern must be the same."""
        count = self.count + other.count
        delta = other.mean - self.mean
        return PatternMoments(
            self.observed,
            count,
            self.mean + delta * (other.count / count),
            self.scatter
            + other.scatter
            + torch.outer(delta, delta) * (self.count * other.count / count),
        )


@dataclass(frozen=True, eq=False)
class SufficientStatistics:
    """All that a linear-Gaussian likelihood needs of trajectories with hidden entries.

    `patterns` holds each missingness pattern once; `+` pools the rows of two statistics. Raises
    ValueError if there is no pattern, one twice, or patterns of unequal (T, p).
    """

    patterns: tuple[PatternMoments, ...]

    def __post_init__(self) -> None:
        shapes = {tuple(pattern.observed.shape) for pattern in self.patterns}
        if len(shapes) != 1:
            raise ValueError(f"patterns must share one shape (slices, variables), got {shapes}")
        if len({pattern.key for pattern in self.patterns}) < len(self.patterns):
            raise ValueError("patterns must be distinct: merge equal ones with +")

    @classmethod
    def from_trajectories(cls, trajectories: Tensor) -> "SufficientStatistics":
        """Summarise `trajectories` (n, T, p), NaN = hidden, differentiably in the rows.

        Raises ValueError if there are no rows, the shape is not three-dimensional, or an entry
        is infinite.
        """
        rows = as_trajectories(trajectories)
        if len(rows) == 0:
            raise ValueError("trajectories has no rows: at least 1 is needed")
        groups = group_by_pattern(rows)
        return cls(tuple(_summarise(observed, rows[index]) for observed, index in groups))

    @classmethod
    def from_batches(cls, batches: Iterable[Tensor]) -> "SufficientStatistics":
        """Summarise batches of trajectories (n, T, p) one after the other, forgetting each.

        The result is that of all rows at once, to rounding. Memory holds one batch and one summary
        a pattern. Raises ValueError if there is no batch, or as `from_trajectories` does.
        """
        return cls(_pooled(p for rows in batches for p in cls.from_trajectories(rows).patterns))

    @property
    def num_rows(self) -> int:
        """Trajectories summarised."""
        return sum(pattern.count for pattern in self.patterns)

    @property
    def num_slices(self) -> int:
        """Slices T of a trajectory."""
        return self.patterns[0].observed.shape[0]

    @property
    def num_variables(self) -> int:
        """Variables p of a slice."""
        return self.patterns[0].observed.shape[1]

    @property
    def complete(self) -> bool:
        """Whether no row hides any entry."""
        return all(bool(pattern.observed.all()) for pattern in self.patterns)

    def __add__(self, other: "SufficientStatistics") -> "SufficientStatistics":
        return SufficientStatistics(_pooled((*self.patterns, *other.patterns)))

    def stacks(self) -> Iterator[PatternStack]:
        """Yield all patterns, padded to T·p entries, in blocks of bounded memory."""
        if self._one_stack is not None:
            yield self._one_stack
            return
        size = self._stack_size
        for start in range(0, len(self.patterns), size):
            yield _stacked(self.patterns[start : start + size])

    @property
    def _stack_size(self) -> int:
        """Patterns that fit into one block, at least 1."""
        return max(1, STACK_ENTRIES // (self.num_slices * self.num_variables) ** 2)

    @cached_property
    def _one_stack(self) -> PatternStack | None:
        """All patterns in one block, kept for the next call, if they fit."""
        return _stacked(self.patterns) if len(self.patterns) <= self._stack_size else None


def as_trajectories(trajectories: Tensor) -> Tensor:
    """Return `trajectories` as float64 (n, T, p), or raise ValueError if they cannot be that."""
    rows = torch.as_tensor(trajectories, dtype=torch.float64)
    if rows.ndim != 3 or 0 in rows.shape[1:]:
        raise ValueError(
            "trajectories must have three dimensions (rows, slices, variables), the last two at "
            f"least 1, got shape {tuple(rows.shape)}; a table of static rows is table[:, None, :]"
        )
    if rows.isinf().any():
        raise ValueError(f"trajectories must be finite or NaN, {first_entry(rows.isinf())} is inf")
    return rows


def first_entry(flags: Tensor) -> str:
    """Name the first True entry of (n, T, p) or (T, p) flags, for an error message."""
    *row, time, variable = flags.nonzero()[0].tolist()
    return f"variable {variable} in slice {time}" + (f" of row {row[0]}" if row else "")


def group_by_pattern(rows: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return, for each missingness pattern in `rows` (n, T, p), its mask (T, p) and row indices."""
    observed = ~rows.isnan()
    if bool((observed == observed[:1]).all()):  # the usual case, and sorting would be the cost
        return [(mask, torch.arange(len(rows), device=rows.device)) for mask in observed[:1]]
    masks, group, counts = torch.unique(observed, dim=0, return_inverse=True, return_counts=True)
    indices = group.argsort(stable=True).split(counts.tolist())
    return list(zip(masks, indices, strict=True))


def _summarise(observed: Tensor, rows: Tensor) -> PatternMoments:
    """Two passes, mean first: stable for data far from zero."""
    seen = rows.flatten(1)[:, observed.flatten()]
    mean = seen.mean(0)
    if len(rows) == 1:  # scattered holes make many of these: one stored zero is their scatter
        scatter = mean.new_zeros(()).expand(len(mean), len(mean))
    else:
        scatter = (seen - mean).T @ (seen - mean)
    return PatternMoments(observed, len(rows), mean, scatter)


def _pooled(patterns: Iterable[PatternMoments]) -> tuple[PatternMoments, ...]:
    """Merge the summaries that share a pattern."""
    merged: dict[bytes, PatternMoments] = {}
    for pattern in patterns:
        known = merged.get(pattern.key)
        merged[pattern.key] = pattern if known is None else known.merge(pattern)
    return tuple(merged.values())


def _stacked(patterns: Sequence[PatternMoments]) -> PatternStack:
    """Pad the moments of each pattern by zeros at the entries that it hides."""
    observed = torch.stack([pattern.observed.flatten() for pattern in patterns])
    both = observed[:, :, None] & observed[:, None, :]
    means = torch.cat([pattern.mean for pattern in patterns])
    covariances = torch.cat([pattern.covariance.flatten() for pattern in patterns])
    return PatternStack(
        observed,
        torch.tensor([float(pattern.count) for pattern in patterns], dtype=torch.float64).to(means),
        means.new_zeros(observed.shape).masked_scatter(observed, means),
        means.new_zeros(both.shape).masked_scatter(both, covariances),
    )
