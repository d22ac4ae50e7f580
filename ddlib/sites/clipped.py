r"""Sums of products over rows of bounded norm: what one person can change in a correlation matrix.

Features get mean 0 and, within each column, the identity as covariance by margins that are known
already; those of missing cells are 0. A row x is then scaled down to a norm, cut to a
grid, and summed in whole numbers, which are exact:

- of each pair of columns, the rows that show both: one person moves them by √(p(p − 1)/2);
- of each pair of features of different columns, $\sum x_ix_j$, and an eighth of $\sum\lVert
  x\rVert^2$, which says how much the norm took away. One person moves the former by at most
  $\lVert x\rVert^2\sqrt{(1-1/p)/2}$, as $\sum_c\lVert x_c\rVert^4\ge\lVert x\rVert^4/p$ over the
  columns c.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

GRID = 256
"""Steps of the grid per unit: whole numbers are x × 256."""
_NORMS = 1.0, 5.0  # least and most squared norm that rows may have, per feature; its mean is 1
_NOISE = 0.02  # of a correlation, that is worth a greater norm
_PART = 8  # of the squared norm, the part that is told


@dataclass(frozen=True, eq=False)
class Frame:
    """How features become rows of bounded norm.

    Attributes:
        owners: the number of the column that each feature is of, `(d,)`, ascending.
        mean: of the features, `(d,)`.
        within: their covariance within each column, 0 between columns, positive definite `(d, d)`.
        norm: the most that a row's norm is.
    """

    owners: np.ndarray
    mean: np.ndarray
    within: np.ndarray
    norm: float

    @classmethod
    def of(
        cls, owners: np.ndarray, mean: np.ndarray, within: np.ndarray, *, rows: float, rho: float
    ) -> Frame:
        """Return the frame whose norm is the greatest that noise allows: a small one shrinks tails.

        Args:
            owners: as above.
            mean: as above.
            within: as above.
            rows: of the site, about; itself with noise, since the norm tells of it.
            rho: that products may lose.
        """
        unit = cls(owners, mean, within, math.sqrt(len(owners)))
        noise = unit.product_sensitivity / GRID**2 / math.sqrt(2 * rho) / rows
        return replace(unit, norm=unit.norm * math.sqrt(np.clip(_NOISE / noise, *_NORMS)))

    @property
    def num_columns(self) -> int:
        """The number p of columns."""
        return int(self.owners[-1]) + 1

    @cached_property
    def root(self) -> np.ndarray:
        """The symmetric square root of `within`, `(d, d)`."""
        sizes, vectors = np.linalg.eigh(self.within)
        return (vectors * np.sqrt(sizes)) @ vectors.T

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """The features i and j of each pair of different columns."""
        first, second = np.triu_indices(len(self.owners), 1)
        apart = self.owners[first] != self.owners[second]
        return first[apart], second[apart]

    @cached_property
    def column_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """The two columns of each pair."""
        return np.triu_indices(self.num_columns, 1)

    @property
    def pair_sensitivity(self) -> float:
        """The most that one person moves `seen_sums`, in L2."""
        return math.sqrt(len(self.column_pairs[0]))

    @property
    def product_sensitivity(self) -> float:
        """The most that one person moves `product_sums`, in L2."""
        between = (1 - 1 / self.num_columns) / 2
        return (GRID * self.norm) ** 2 * math.sqrt(between + 1 / _PART**2)

    def rows(self, features: np.ndarray) -> np.ndarray:
        """Return rows of bounded norm on the grid, whole numbers as floats, `(n, d)`.

        Args:
            features: `(n, d)`, NaN where missing.
        """
        centred = np.nan_to_num(features - self.mean)
        inverse, x = np.linalg.inv(self.root), np.zeros_like(centred)
        # Entry by entry: in a product of matrices, the last bit of a row hangs on where it stands,
        # so that a person who comes could move others by a step of the grid.
        for i, j in zip(*np.nonzero(self.owners[:, None] == self.owners), strict=True):
            x[:, i] += inverse[i, j] * centred[:, j]
        square = np.zeros(len(x))
        for own in x.T:
            square += own * own
        x *= np.minimum(1.0, self.norm / np.maximum(np.sqrt(square), 1e-300))[:, None]
        # Cut towards 0, from a little below the norm, so that rounding never exceeds it.
        return np.trunc(x * (GRID * (1 - 1e-12)))

    def seen_sums(self, features: np.ndarray) -> np.ndarray:
        """Return the rows that show each pair of columns, int64 `(p (p − 1) / 2,)`.

        Args:
            features: `(n, d)`, NaN where missing.
        """
        first = np.searchsorted(self.owners, np.arange(self.num_columns))
        seen = (~np.isnan(features[:, first])).astype(np.float64)
        return np.rint(seen.T @ seen)[self.column_pairs].astype(np.int64)

    def product_sums(self, features: np.ndarray) -> np.ndarray:
        """Return the sums of products of rows on the grid, and last an eighth of squared norms.

        Args:
            features: `(n, d)`, NaN where missing.

        Returns:
            int64 `(k + 1,)`, of the k `pairs`.
        """
        x = self.rows(features)
        norms = np.square(x).sum(1) // _PART
        sums = [*(x.T @ x)[self.pairs], norms.sum()]  # exact below 2⁵³, as of 10⁸ rows
        return np.array(sums).astype(np.int64)

    def scaled(self, sums: np.ndarray) -> tuple[np.ndarray, float]:
        """Return sums of products in units of the features, `(k,)`, and that of squared norms.

        Args:
            sums: as `product_sums` returns them, with noise.
        """
        return sums[:-1] / GRID**2, float(sums[-1]) * _PART / GRID**2
