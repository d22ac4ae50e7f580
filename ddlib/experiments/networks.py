"""The networks on which pages of case study 1 compare methods, and the configs of their runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import Field, NonNegativeInt

from ddlib.config import Config, Count, NonNegative, Seed
from ddlib.experiments.descent_ways import CAPTION, descent_config
from ddlib.experiments.descents import DescentsConfig
from ddlib.experiments.references import ReferencesConfig

FILLS = 5  # of multiple imputation, on the networks whose trajectories have the usual slices
SHARED = {
    "num_variables",
    "num_slices",
    "num_sources",
    "num_hidden",
    "noise_std",
    "training_rows",
}
"""Settings of the sources that are the same for all networks."""


class Networks(Config):
    """Random networks whose sources are alike, and what a descent on each of them may spend.

    Attributes:
        num_networks: how many there are; each has a seed of its own.
        rows_per_source: budgets, in rows per source (IPC).
        num_evaluations: of the working criterion, for each run of a zeroth-order descent.
        num_gradients: for each run of a first-order descent.
        num_variables: variables p of a slice.
        num_slices: slices T of a trajectory.
        num_sources: sources K.
        num_hidden: variables that a source hides.
        noise_std: measurement noise, in standard deviations of a variable.
        training_rows: of a source.
        seed: of the first network; the others count up from it.
    """

    num_networks: Count
    rows_per_source: Annotated[tuple[Count, ...], Field(min_length=1)]
    num_evaluations: Count
    num_gradients: Count
    num_variables: Count
    num_slices: Count
    num_sources: Count
    num_hidden: NonNegativeInt
    noise_std: NonNegative
    training_rows: Count
    seed: Seed

    @classmethod
    def of(cls, parameters: Config, **others: Any) -> Self:
        """Return the networks that the parameters of a page ask for.

        Args:
            parameters: have the fields of this class, and perhaps others.
            others: field -> value, in place of what the parameters say.

        Raises:
            ParameterError: for values that the configs of descents or references refuse.
        """
        networks = cls(**{**parameters.model_dump(include={*cls.model_fields}), **others})
        networks.references(networks.seed)  # or its `ParameterError`
        for rows in networks.rows_per_source:
            networks.descent(CAPTION, networks.seed, rows)
        return networks

    @property
    def seeds(self) -> range:
        """The seeds of the networks, in their order."""
        return range(self.seed, self.seed + self.num_networks)

    def descent(
        self, way: str, seed: int, rows: int, *, part: int = 1, **others: Any
    ) -> DescentsConfig:
        """Return the config of a descent on the sources of one network at one budget.

        Args:
            way: a name in `ddlib.experiments.descent_ways.WAYS`.
            seed: of the network.
            rows: per source.
            part: what the evaluations and gradients of a run are divided by.
            others: settings in place of those of these networks.

        Raises:
            ParameterError: for settings that the config refuses.
            ValueError: for an unknown way, and for a budget below one step.
        """
        costs = {"evaluations": self.num_evaluations, "gradients": self.num_gradients}
        costs = {name: cost // part for name, cost in costs.items()}
        return descent_config(way, **costs, **{**self._sources(seed, rows), **others})

    def references(self, seed: int, **others: Any) -> ReferencesConfig:
        """Return the config of what sets of one network are compared with.

        Args:
            seed: of the network.
            others: settings in place of those of these networks. Holes are filled by draws where
                trajectories have as many slices as these networks'.

        Raises:
            ParameterError: for settings that the config refuses.
        """
        given = {**self._sources(seed, self.rows_per_source), **others}
        fills = FILLS if given["num_slices"] == self.num_slices else 0
        return ReferencesConfig(**{"num_fills": fills, **given})

    def descents(
        self, ways: Iterable[str], rows: Iterable[int], *, count: int | None = None, **others: Any
    ) -> dict[str, list[DescentsConfig]]:
        """Return way -> configs of its descents, budget by budget and network by network.

        Args:
            ways: names in `ddlib.experiments.descent_ways.WAYS`.
            rows: budgets, in rows per source.
            count: of the networks, the first ones; all unless told.
            others: as in `descent`.

        Raises:
            ParameterError: for settings that the config refuses.
            ValueError: for an unknown way, and for a budget below one step.
        """
        pairs = [*itertools.product(rows, self.seeds[:count])]
        return {way: [self.descent(way, seed, m, **others) for m, seed in pairs] for way in ways}

    def all_references(self, **others: Any) -> list[ReferencesConfig]:
        """Return the configs of the references of all networks.

        Args:
            others: as in `references`.

        Raises:
            ParameterError: for settings that the config refuses.
        """
        return [self.references(seed, **others) for seed in self.seeds]

    def _sources(self, seed: int, rows: int | tuple[int, ...]) -> dict[str, Any]:
        """Return the settings of the sources of one network, and of the budgets."""
        shared = self.model_dump(include=SHARED)
        return {"seed": seed, "rows_per_source": rows, **shared}
