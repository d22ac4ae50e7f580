"""Moments of incomplete rows: one mean and scatter per missingness pattern.

Rows that hide the same entries are summarised, over the k entries they show, by

    n,   m = Σ x / n,   C = Σ (x − m)(x − m)ᵀ,

and two summaries of one pattern merge, with Δ = m₂ − m₁, by (Chan, Golub and LeVeque 1979)

    n = n₁ + n₂,   m = m₁ + Δ n₂/n,   C = C₁ + C₂ + ΔΔᵀ n₁n₂/n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ddlib.dbn.gaussian import PatternStack


@dataclass(frozen=True, eq=False)
class PatternMoments:
    """Moments of the rows that share one missingness pattern, over the k entries that it shows.

    Attributes:
        observed: bool `(T, p)`, True where the entry is seen.
        count: rows, at least 1.
        mean: m `(k,)`, slice by slice.
        scatter: C `(k, k)`, the centred sum of outer products.

    Raises:
        ValueError: for a shape that does not fit, a value that is not finite, and no rows.
    """

    observed: Tensor
    count: int
    mean: Tensor
    scatter: Tensor

    def __post_init__(self) -> None:
        """Check the fields."""
        seen = int(self.observed.sum())
        if self.mean.shape != (seen,) or self.scatter.shape != (seen, seen):
            raise ValueError(
                f"mean, scatter: shapes {tuple(self.mean.shape)}, {tuple(self.scatter.shape)}; "
                f"must be ({seen},), ({seen}, {seen}), one for each observed entry"
            )
        if self.count < 1:
            raise ValueError(f"count = {self.count}: must be at least 1 row")
        if not (self.mean.isfinite().all() and self.scatter.isfinite().all()):
            raise ValueError("mean, scatter: an entry is NaN or infinite; must be finite")

    @property
    def key(self) -> bytes:
        """The pattern as bytes: what two mergeable summaries have in common."""
        return self.observed.cpu().numpy().tobytes()

    @property
    def covariance(self) -> Tensor:
        """The scatter divided by the number of rows, `(k, k)`."""
        return self.scatter / self.count

    def merge(self, other: PatternMoments) -> PatternMoments:
        """Return the moments of both sets of rows together.

        Args:
            other: of the same pattern, which is not checked.
        """
        count = self.count + other.count
        delta = other.mean - self.mean
        mean = self.mean + delta * (other.count / count)
        apart = torch.outer(delta, delta) * (self.count * other.count / count)
        return PatternMoments(self.observed, count, mean, self.scatter + other.scatter + apart)


def summarise(observed: Tensor, rows: Tensor) -> PatternMoments:
    """Return the moments of rows of one pattern, differentiably.

    Two passes, mean first, are stable for data far from zero.

    Args:
        observed: bool `(T, p)`, True where seen.
        rows: `(n, T, p)`, at least one.
    """
    seen = rows.flatten(1)[:, observed.flatten()]
    mean = seen.mean(0)
    if len(rows) == 1:  # scattered holes make many of these: one stored zero is their scatter
        scatter = mean.new_zeros(()).expand(len(mean), len(mean))
    else:
        scatter = (seen - mean).T @ (seen - mean)
    return PatternMoments(observed, len(rows), mean, scatter)


def pooled(patterns: Iterable[PatternMoments]) -> tuple[PatternMoments, ...]:
    """Return patterns with those merged that hide the same.

    Args:
        patterns: of equal (T, p).
    """
    merged: dict[bytes, PatternMoments] = {}
    for pattern in patterns:
        known = merged.get(pattern.key)
        merged[pattern.key] = pattern if known is None else known.merge(pattern)
    return tuple(merged.values())


def stacked(patterns: Sequence[PatternMoments]) -> PatternStack:
    """Return patterns side by side, with zeros at the entries that each hides.

    Args:
        patterns: at least one, of equal (T, p).
    """
    observed = torch.stack([pattern.observed.flatten() for pattern in patterns])
    both = observed[:, :, None] & observed[:, None, :]
    means = torch.cat([pattern.mean for pattern in patterns])
    covariances = torch.cat([pattern.covariance.flatten() for pattern in patterns])
    counts = torch.tensor([float(pattern.count) for pattern in patterns], dtype=torch.float64)
    return PatternStack(
        observed,
        counts.to(means),
        means.new_zeros(observed.shape).masked_scatter(observed, means),
        means.new_zeros(both.shape).masked_scatter(both, covariances),
    )
