r"""Sums of features and of their products, by which features rows show: what adds up over sites.

Rows that show the same features are a pattern. Of it there are the number of rows n,
$\sum\phi$ and $\sum\phi\phi^\top$ over its features. For a normal law they are all that the rows
tell (`ddlib.sites.em`). Those of two sites, shards or batches are added pattern by pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-6  # of the largest product, that a scatter may be below 0


@dataclass(frozen=True, eq=False)
class Pattern:
    """The rows that show the same features.

    Attributes:
        seen: which features, bool `(f,)`; k of them are.
        rows: how many.
        sums: of these features, `(k,)`.
        products: of pairs of them, `(k, k)`.
    """

    seen: np.ndarray
    rows: int
    sums: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, seen: np.ndarray, values: np.ndarray) -> Pattern:
        """Return the pattern of rows.

        Args:
            seen: bool `(f,)`.
            values: of the seen features, `(n, k)`.
        """
        return cls(seen, len(values), values.sum(0), values.T @ values)

    def __add__(self, other: Pattern) -> Pattern:
        """Return the pattern of the rows of both."""
        sums, products = self.sums + other.sums, self.products + other.products
        return Pattern(self.seen, self.rows + other.rows, sums, products)

    def cut(self, seen: np.ndarray) -> Pattern:
        """Return the pattern of the same rows with fewer features.

        Args:
            seen: bool `(f,)`, some of those that are seen here.
        """
        kept = seen[self.seen]
        return Pattern(seen, self.rows, self.sums[kept], self.products[np.ix_(kept, kept)])

    @property
    def scatter(self) -> np.ndarray:
        """The sum of products of deviations from the mean, `(k, k)`."""
        return self.products - np.outer(self.sums, self.sums) / self.rows

    def faults(self) -> list[str]:
        """Return what no rows could give, a line each."""
        k = int(self.seen.sum())
        if self.rows < 1:
            return [f"rows = {self.rows}: must be at least 1"]
        if self.sums.shape != (k,) or self.products.shape != (k, k):
            shapes = f"sums {self.sums.shape}, products {self.products.shape}"
            return [f"{shapes}: must be ({k},) and ({k}, {k})"]
        if not (np.isfinite(self.sums).all() and np.isfinite(self.products).all()):
            return ["sums and products: must be finite"]
        largest = np.abs(self.products).max(initial=1.0)
        if np.abs(self.products - self.products.T).max(initial=0.0) > _ROUNDING * largest:
            return ["products: must be symmetric"]
        if k and np.linalg.eigvalsh(self.scatter)[0] < -_ROUNDING * largest:
            return ["products: less than the sums ask for; no rows have such (must be at least 0)"]
        return []


@dataclass(frozen=True, eq=False)
class Moments:
    """The sums and products of rows, pattern by pattern.

    Attributes:
        features: their names, in order.
        patterns: no two of which show the same features.
    """

    features: tuple[str, ...]
    patterns: tuple[Pattern, ...]

    @classmethod
    def of(cls, features: Sequence[str], values: np.ndarray) -> Moments:
        """Return the moments of rows.

        Args:
            features: the names of the f features.
            values: `(n, f)`, NaN where missing; rows that show nothing tell nothing.
        """
        seen, place = row_patterns(~np.isnan(values))
        parts: list[Pattern] = []
        order = np.argsort(place, kind="stable")
        ends = np.cumsum(np.bincount(place, minlength=len(seen)))[:-1]
        for shown, rows in zip(seen, np.split(order, ends), strict=True):
            if shown.any():
                parts.append(Pattern.of(shown, values[np.ix_(rows, shown)]))
        return cls(tuple(features), tuple(parts))

    @classmethod
    def added(cls, features: Sequence[str], patterns: Iterable[Pattern]) -> Moments:
        """Return moments of patterns, of which those that show the same features are added.

        Args:
            features: the names of the f features.
            patterns: in any number.
        """
        found: dict[bytes, Pattern] = {}
        for pattern in patterns:
            key = pattern.seen.tobytes()
            found[key] = found[key] + pattern if key in found else pattern
        return cls(tuple(features), tuple(found.values()))

    def __add__(self, other: Moments) -> Moments:
        """Return the moments of the rows of both.

        Raises:
            ValueError: for other features.
        """
        if self.features != other.features:
            raise ValueError("features: differ; must be the same, on one scale")
        return Moments.added(self.features, (*self.patterns, *other.patterns))

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(pattern.rows for pattern in self.patterns)

    @property
    def together(self) -> np.ndarray:
        """The number of rows that show each pair of features, `(f, f)`."""
        seen = np.array([p.seen for p in self.patterns], dtype=np.float64)
        rows = np.array([p.rows for p in self.patterns], dtype=np.float64)
        return seen.T @ (seen * rows[:, None])

    def cut(self, kept: Mapping[bytes, np.ndarray]) -> Moments:
        """Return moments with fewer features in some patterns, and without other patterns.

        Args:
            kept: bytes of what a pattern shows -> the features that are kept of it; patterns that
                lack here are left out.
        """
        cuts = [
            pattern.cut(kept[pattern.seen.tobytes()])
            for pattern in self.patterns
            if pattern.seen.tobytes() in kept
        ]
        return Moments.added(self.features, cuts)

    def faults(self) -> list[str]:
        """Return what no rows could give, a line each, with the pattern's place from 1."""
        lines: list[str] = []
        for place, pattern in enumerate(self.patterns, start=1):
            lines += [f"pattern {place}: {line}" for line in pattern.faults()]
        keys = [pattern.seen.tobytes() for pattern in self.patterns]
        if len({*keys}) < len(keys):
            lines.append("patterns: two show the same columns; must be one")
        return lines


def in_order(values: np.ndarray) -> np.ndarray:
    """Return rows in an order that hangs on nothing but what they are, so that sums of them do too.

    Args:
        values: `(n, p)`, NaN where missing.
    """
    return values[np.lexsort(values.T[::-1])] if values.shape[1] else values


def row_patterns(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows of truth values, bool `(k, p)`, and which each row is, `(n,)`.

    Args:
        seen: bool `(n, p)`.
    """
    packed = np.packbits(seen, axis=1)
    width = -(-packed.shape[1] // 8) * 8
    words = np.zeros((len(packed), width), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    keys = words.view(np.uint64)
    keys = keys[:, 0] if keys.shape[1] == 1 else keys
    _, first, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return seen[first], place.ravel()
