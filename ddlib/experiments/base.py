"""What an experiment is: a config, a pure function to tidy rows, and what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ddlib.config import Config

if TYPE_CHECKING:
    import pandas as pd

C = TypeVar("C", bound=Config)


@dataclass(frozen=True)
class Column:
    """One column of an experiment's rows.

    Attributes:
        meaning: what it holds.
        unit: of its values.
        tolerance: how far a recomputed value may lie from the stored one where the arithmetic is
            another, in the column's unit; infinite for times.
    """

    meaning: str
    unit: str = ""
    tolerance: float = 0.0


@dataclass(frozen=True)
class Experiment(Generic[C]):
    """A named, versioned function from one config to rows.

    Attributes:
        name: under which its rows are stored.
        config: class of its configs.
        run: the function; it draws all its randomness from the config's seed, and returns exactly
            `columns`, in their order.
        columns: what the columns of its rows hold, by name.
        version: to be raised when the meaning of `run` changes: stored rows of another version
            are not served.
        seconds: rough cost of one config on one core.
    """

    name: str
    config: type[C]
    run: Callable[[C], pd.DataFrame]
    columns: Mapping[str, Column]
    version: int
    seconds: Callable[[C], float]

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]

    @property
    def timed(self) -> list[str]:
        """The columns of times, which another run does not repeat."""
        return [name for name, column in self.columns.items() if column.tolerance == inf]

    def __post_init__(self) -> None:
        """Check the names of the columns.

        Raises:
            ValueError: for a column with the name of a config's field: collected rows carry both,
                and one would hide the other.
        """
        shared = self.columns.keys() & self.config.model_fields.keys()
        if shared:
            raise ValueError(
                f"columns: {sorted(shared)} are fields of {self.config.__name__} too; must have "
                "other names"
            )

    def compute(self, config: C) -> pd.DataFrame:
        """Return the rows of a config.

        Args:
            config: of exactly the experiment's class.

        Raises:
            TypeError: for a config of another class.
            ValueError: where `run` returns other columns than it declares.
        """
        if type(config) is not self.config:
            raise TypeError(
                f"config: is a {type(config).__name__}; must be a {self.config.__name__} for "
                f"{self.name}"
            )
        table = self.run(config)
        if list(table.columns) != list(self.columns):
            raise ValueError(
                f"{self.name}: returned columns {list(table.columns)}; must return those that it "
                f"declares, {list(self.columns)}"
            )
        return table


AnyExperiment = Experiment[Any]
"""An experiment, whatever its config."""
