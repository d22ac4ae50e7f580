r"""Coverage of the pairs of variables by sources: what is known before they are merged.

The law of what the sources show depends on a Gaussian only through the entries that are seen
together. Over the entries (rows and slices) that show both x and y, at distance from the mean,

    ρ_xy = cov(x, y) / √((var(x) − σ²)(var(y) − σ²)),    σ = the measurement noise,

is estimated; a pair that no row shows is identified only up to the interval of completions
(`ddlib.dbn.completion`). The centre of that interval is where the pair is independent given all
else: an assumption of statistical matching, not a finding. Two slices in a row hold all that a
first-order network needs, so lagged pairs are pairs of columns of such windows (n, T − 1, 2p).
"""

# torch has no types for arrays of numpy.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault, is_number, raise_faults, size_faults
from ddlib.dbn.completion import correlation_bounds, maximum_entropy_completion
from ddlib.dbn.sources import labelled
from ddlib.dbn.statistics import group_by_pattern
from ddlib.merge.levels import numbered
from ddlib.merge.sources import AnySources, check_sources

# More than the completion's tolerance, so that data with a copied column have a centre too.
_RIDGE = 1e-8


@dataclass(frozen=True, eq=False)
class Coverage:
    """How many rows see each pair of variables, with the pairs' available-case moments.

    The moments are over the entries that show both i and j, divided by their number, and NaN where
    there are none. Levels without an order, three or more, have counts alone.

    Attributes:
        names: of the p variables.
        together: rows that see both, `(p, p)`; on the diagonal, that see the variable at all.
        covariance: `(p, p)`, in the units of the data.
        variance: `(p, p)`, of i at [i, j], in the units of the data.
        unordered: names of the variables that are levels without an order.
    """

    names: tuple[str, ...]
    together: np.ndarray
    covariance: np.ndarray
    variance: np.ndarray
    unordered: tuple[str, ...] = ()

    @property
    def counts(self) -> pd.DataFrame:
        """The rows that see each pair together, with the names of the variables."""
        return pd.DataFrame(self.together, index=list(self.names), columns=list(self.names))

    @property
    def unseen_pairs(self) -> list[tuple[str, str]]:
        """The pairs of variables that no row sees together."""
        return self._pairs(self.together == 0)

    @property
    def summary(self) -> str:
        """The sentence that says what is seen together and what follows from it."""
        p, unseen = len(self.names), self.unseen_pairs
        if not unseen:
            fewest = self.together.min()
            return f"All pairs of the {p} variables are seen together, in at least {fewest} rows."
        first, second = unseen[0]
        are, such_as = ("is", "namely") if len(unseen) == 1 else ("are", "such as")
        pairs = p * (p - 1) // 2
        return (
            f"{len(unseen)} of the {pairs} pairs of variables {are} never seen together, "
            f"{such_as} {first!r} and {second!r}: no number of rows tells their correlation, only "
            "an interval for it."
        )

    def correlation(self, *, noise_std: float = 0.0, min_rows: int = 3) -> pd.DataFrame:
        """Return the available-case correlations `(p, p)`, NaN for pairs in too few rows.

        Variables without an order are left out.

        Args:
            noise_std: of the measurement, in the units of the data; taken off each variance.
            min_rows: rows that a pair must be seen in.

        Raises:
            ValueError: for a `min_rows` that is no whole number or below 2, a variable seen in
                fewer rows or constant where a pair is seen, and a noise that is not one number, is
                negative, or no smaller than a standard deviation.
        """
        raise_faults(_setting_faults(noise_std, min_rows))
        if self.unordered:
            return self._ordered.correlation(noise_std=noise_std, min_rows=min_rows)
        seen = self.together >= min_rows
        for name, count in zip(self.names, self.together.diagonal(), strict=True):
            if count < min_rows:
                raise ValueError(
                    f"sources: column {name!r} is seen in {count} rows; must be at least "
                    f"min_rows = {min_rows}"
                )
        self._check_variances(seen, noise_std)
        variance = np.where(seen, self.variance - float(noise_std) ** 2, 1.0)
        std = np.sqrt(variance)
        values = np.where(seen, self.covariance / std / std.T, np.nan)
        np.fill_diagonal(values, 1.0)
        return pd.DataFrame(values, index=list(self.names), columns=list(self.names))

    def bounds(
        self, *, noise_std: float = 0.0, min_rows: int = 3, shrinkage: float = 1.0
    ) -> pd.DataFrame:
        """Return the interval of correlation of each pair that is seen in too few rows.

        These are the Fréchet bounds of statistical matching, of variables with an order. The
        correlations of the other pairs are taken as exact: the interval leaves out sampling error.

        Args:
            noise_std: as in `correlation`.
            min_rows: rows that a pair must be seen in, or it has an interval.
            shrinkage: factor of the correlations that are known.

        Returns:
            The columns `first`, `second`, `rows`, `low`, `high`, `width`, and `centre`, the
            correlation of maximum entropy; to 1e-6, or 1e-3 for singular data.

        Raises:
            ValueError: as `correlation` does, for a shrinkage that is not in (0, 1], and where the
                correlations contradict one another, so that no Gaussian has them all; it says what
                shrinkage would mend that.
        """
        faults = _setting_faults(noise_std, min_rows)
        if not (is_number(shrinkage) and 0 < shrinkage <= 1):
            faults.append(fault("shrinkage", shrinkage, "a number above 0 and at most 1"))
        raise_faults(faults)
        if self.unordered:
            ordered = self._ordered
            return ordered.bounds(noise_std=noise_std, min_rows=min_rows, shrinkage=shrinkage)
        values = self.correlation(noise_std=noise_std, min_rows=min_rows).to_numpy()
        identity = np.eye(len(values), dtype=bool)
        correlation = torch.from_numpy(np.where(identity, 1.0, float(shrinkage) * values))
        known = ~correlation.isnan()
        unknown = np.triu(~known.numpy())
        pairs = self._pairs(unknown)
        table = pd.DataFrame(pairs, columns=["first", "second"], index=range(len(pairs)))
        intervals = self._intervals(correlation, known)
        found = {name: matrix.numpy()[unknown] for name, matrix in intervals.items()}
        return table.assign(rows=self.together[unknown], **found)

    @property
    def _ordered(self) -> Coverage:
        """The same without the variables that have no order."""
        kept = [i for i, name in enumerate(self.names) if name not in self.unordered]
        pairs = np.ix_(kept, kept)
        return Coverage(
            tuple(self.names[i] for i in kept),
            self.together[pairs],
            self.covariance[pairs],
            self.variance[pairs],
        )

    def _intervals(self, correlation: Tensor, known: Tensor) -> dict[str, Tensor]:
        """Return the ends, the width and the centre of each entry's interval, all (p, p)."""
        try:
            low, high = correlation_bounds(correlation, known)
        except ValueError as error:
            raise ValueError(
                "sources: the correlations of their pairs contradict one another; they must be of "
                "one population, with more rows, less noise_std or a smaller shrinkage "
                f"({error}, in the order of {list(self.names)})"
            ) from error
        centre = maximum_entropy_completion(correlation, known, ridge=_RIDGE)
        # The ridge may push the centre out of an interval that singular data leave no width.
        centre = centre.clamp(low, high)
        return {"low": low, "high": high, "width": high - low, "centre": centre}

    def _check_variances(self, seen: np.ndarray, noise_std: float) -> None:
        """Raise `ValueError` unless all variances at the `seen` pairs exceed that of the noise."""
        for i, j in np.argwhere(seen):
            name = repr(self.names[i]) + ("" if i == j else f" where {self.names[j]!r} is seen")
            variance = self.variance[i, j]
            # A constant's variance may be its rounding, which is small beside all of the column.
            if variance <= 1e-14 * self.variance[i, i] or variance == 0:
                raise ValueError(f"sources: column {name} is constant; must vary, or min_rows rise")
            # The root first: the square of a noise far too large overflows.
            if variance**0.5 <= noise_std or variance <= noise_std**2:
                raise ValueError(
                    f"noise_std = {noise_std}: must be below the standard deviation of column "
                    f"{name}, {variance**0.5:.6g}"
                )

    def _pairs(self, flags: np.ndarray) -> list[tuple[str, str]]:
        """Return the names of the pairs that `flags` (p, p) marks above the diagonal."""
        return [(self.names[i], self.names[j]) for i, j in np.argwhere(np.triu(flags, k=1))]


def coverage(
    sources: AnySources, names: Sequence[str] | None = None, *, lagged: bool = False
) -> Coverage:
    """Return how many rows of all sources see each pair of variables together.

    A row of trajectories sees a pair if it shows both in one slice; all slices count as one law.

    Args:
        sources: as in `check_sources`; columns of tables may also be dates, truth values or levels.
        names: as there.
        lagged: whether the variables are those of two neighbouring slices, `x[t-1]` and `x[t]`: a
            row sees a pair if it shows both in their places somewhere.

    Raises:
        ValueError: as `check_sources` and `coverage_of_rows` do, and for a column that holds
            numbers in one table and levels in another.
    """
    given, unordered = _numbered(sources)
    rows, found = check_sources(given, names)
    return replace(coverage_of_rows(rows, found, lagged=lagged), unordered=unordered)


def _numbered(sources: AnySources) -> tuple[AnySources, tuple[str, ...]]:
    """Return sources whose columns are numbers, and the names of levels without an order."""
    given: dict[str, Any] = labelled(sources, "sources", "tables or tensors")
    tables = {label: s for label, s in given.items() if isinstance(s, pd.DataFrame)}
    unique = all(table.columns.is_unique for table in tables.values())
    if not tables or len(tables) < len(given) or not unique:  # as `check_sources` says
        return sources, ()
    found, unordered = numbered(tables)
    if isinstance(sources, Mapping):
        return dict(zip(sources, found.values(), strict=True)), unordered
    return [*found.values()], unordered


def coverage_of_rows(
    rows: Sequence[Tensor], names: tuple[str, ...], *, lagged: bool = False
) -> Coverage:
    """Return how many rows see each pair of variables together, as `coverage` does.

    Args:
        rows: `(n, T, p)` of each source, as `check_sources` returns them.
        names: of the p variables.
        lagged: as in `coverage`.

    Raises:
        ValueError: for `lagged` with one slice, and where it is no truth value.
    """
    if not isinstance(lagged, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(fault("lagged", lagged, "True or False"))
    pooled, found = torch.cat(list(rows)), names
    if lagged:
        if pooled.shape[1] < 2:
            raise ValueError("lagged = True: must be False for sources of one slice")
        pooled = torch.cat([pooled[:, :-1], pooled[:, 1:]], dim=2)
        found = tuple(f"{name}[{time}]" for time in ("t-1", "t") for name in found)
    together = torch.zeros(len(found), len(found), dtype=torch.long)
    for observed, index in group_by_pattern(pooled):
        shown = observed.double()
        together += len(index) * (shown.T @ shown > 0)
    return Coverage(found, together.numpy(), *_pairwise_moments(pooled.flatten(0, 1)))


def _setting_faults(noise_std: object, min_rows: object) -> list[str]:
    """Return what is wrong with the settings of `Coverage.correlation`."""
    faults = size_faults("noise_std", noise_std, "a finite number, at least 0")
    return faults + count_faults("min_rows", min_rows, 2)


def _pairwise_moments(entries: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return covariance and variance over the entries (N, p) that show both, each (p, p)."""
    seen = (~entries.isnan()).double()
    # Centred first, so that a mean far from zero costs no digits.
    values = (entries - entries.nanmean(0)).nan_to_num(0.0)
    number = seen.T @ seen
    mean = values.T @ seen / number
    covariance = values.T @ values / number - mean * mean.T
    variance = values.square().T @ seen / number - mean.square()
    return covariance.numpy(), variance.numpy()
