"""What an experiment is: a config, a pure function to tidy rows, and what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from ddlib.config import Config


@dataclass(frozen=True)
class Column:
    """One column of an experiment's rows.

    `tolerance` is how far a recomputed value may lie from the stored one, in the column's unit:
    0 where it must come out to the last bit.
    """

    meaning: str
    unit: str = ""
    tolerance: float = 0.0


@dataclass(frozen=True)
class Experiment:
    """A named, versioned function from one config to rows.

    `run` draws all its randomness from the config's seed and returns exactly `columns`, in their
    order. Raise `version` when its meaning changes: stored rows of another version are not
    served. `seconds` is a rough cost of one config on one core.
    """

    name: str
    config: type[Config]
    run: Callable[[Config], pd.DataFrame]
    columns: Mapping[str, Column]
    version: int
    seconds: Callable[[Config], float]

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]

    def __post_init__(self) -> None:
        """Raise `ValueError` where a column has the name of a config's field.

        Stored rows carry both, and one would hide the other.
        """
        shared = self.columns.keys() & self.config.model_fields.keys()
        if shared:
            raise ValueError(f"columns: {sorted(shared)} are fields of {self.config.__name__} too")

    def compute(self, config: Config) -> pd.DataFrame:
        """Return the rows of `config`; raise when config or rows are not as declared."""
        if type(config) is not self.config:
            raise TypeError(
                f"config: is a {type(config).__name__}; {self.name} takes a {self.config.__name__}"
            )
        table = self.run(config)
        if list(table.columns) != list(self.columns):
            raise ValueError(
                f"{self.name}: returned {list(table.columns)}; declares {list(self.columns)}"
            )
        return table
