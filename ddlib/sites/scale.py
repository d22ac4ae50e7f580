"""What sites agree on before their moments add up: columns, and the map from values to scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ddlib.sites.quantiles import Quantiles
from ddlib.tables import Column, Schema
from ddlib.tables.columns import WITH_LEVELS


@dataclass(frozen=True, eq=False)
class Scale:
    """The columns of a summary, and the laws by which numbers get normal scores.

    Attributes:
        columns: none of them a key. The ends of a number's range are those of its law, as a range
            that is seen belongs to single rows.
        laws: of each number, count and date; None of a column with levels.
    """

    columns: tuple[Column, ...]
    laws: tuple[Quantiles | None, ...]

    @classmethod
    def of(cls, columns: Sequence[Column], laws: Sequence[Quantiles | None]) -> Scale:
        """Return the scale of columns, with ranges that their laws show.

        Args:
            columns: none of them a key.
            laws: of each; None of a column with levels.
        """
        return cls(
            tuple(_within(c, law) for c, law in zip(columns, laws, strict=True)), tuple(laws)
        )

    def is_same(self, other: Scale) -> bool:
        """Whether another scale is the same, to the last bit.

        Args:
            other: of any columns.
        """
        return self.columns == other.columns and all(
            one is two or (one is not None and two is not None and one.is_same(two))
            for one, two in zip(self.laws, other.laws, strict=True)
        )

    def only(self, names: Sequence[str]) -> Scale:
        """Return the scale of some columns, in their order.

        Args:
            names: of these columns.
        """
        places = [self.names.index(name) for name in names]
        return Scale(
            tuple(self.columns[place] for place in places),
            tuple(self.laws[place] for place in places),
        )

    @property
    def schema(self) -> Schema:
        """The columns as a schema."""
        return Schema(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """Where the features of each column stand among all."""
        sizes = [len(c.levels) - 1 if c.kind in WITH_LEVELS else 1 for c in self.columns]
        ends = np.cumsum(sizes).tolist()
        return tuple(slice(end - n, end) for end, n in zip(ends, sizes, strict=True))

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The names of the features, such as `age`, `stage >= 2` and `ward = west`."""
        return tuple(name for column in self.columns for name in _names(column))

    @cached_property
    def owners(self) -> np.ndarray:
        """The number of the column that each feature is of, `(f,)`."""
        sizes = [place.stop - place.start for place in self.places]
        return np.repeat(np.arange(len(sizes)), sizes)

    def seen_features(self, seen: np.ndarray) -> np.ndarray:
        """Return which features are seen where columns are.

        Args:
            seen: bool `(…, p)`.
        """
        return seen[..., self.owners]


def _names(column: Column) -> list[str]:
    """Return the names of a column's features."""
    if column.kind not in WITH_LEVELS:
        return [column.name]
    sign = "=" if column.kind == "category" else ">="
    return [f"{column.name} {sign} {level}" for level in column.levels[1:]]


def _within(column: Column, law: Quantiles | None) -> Column:
    """Return a column whose range is that of its law, in the decimals of its values.

    The ends of a law are means of rows. Values near them are rounded, perhaps beyond such a mean.
    """
    if law is None:
        return column
    ends = np.array([law.low[0], law.high[-1]])
    low, high = (ends if column.decimals is None else ends.round(column.decimals)).tolist()
    return replace(column, low=low, high=high)
