"""Merging tables as an estimator of scikit-learn: what is fitted are tables, one per source."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ddlib.merge.design import Design
from ddlib.merge.formula import DENSITY, parse_task, parse_tasks
from ddlib.merge.merged import Merged, made_for, setting_faults
from ddlib.merge.model import Model
from ddlib.merge.rivals import fill
from ddlib.merge.scarce import scarce_columns
from ddlib.merge.scoring import density
from ddlib.merge.tables import Tables, inputs_of, settings_of, sources_for, texts_of
from ddlib.tables import Settings, TablesError


class TableMerger(BaseEstimator):
    """`merge_tables` as an estimator: `fit` tables, `sample` rows, `score` other tables.

    To scikit-learn a table is one sample, so that `cross_val_score` leaves out whole sources. A
    number of rows that is too small for the tasks is refused when rows are made.

    Args:
        tasks: what rows are for, as in `merge_tables`.
        num_rows: to make unless told.
        num_draws: draws of what is missing, at least 2.
        min_count: rows that a level, a column and a table must have; that of the settings, 10,
            unless told.
        weights: whether rows may have weights.
        source_column: name of a column to add that says which table a row is of.
        settings: what else is said of the tables, or a YAML file of it.
        random_state: a whole number that decides what is drawn.

    Attributes:
        sources_: the tables as they were read, with notes.
        model_: the law of their columns.
        tasks_: what rows are made for.
    """

    def __init__(
        self,
        tasks: str | Sequence[str] = DENSITY,
        *,
        num_rows: int = 100,
        num_draws: int = 10,
        min_count: int | None = None,
        weights: bool = True,
        source_column: str | None = None,
        settings: Settings | str | os.PathLike[str] | None = None,
        random_state: int = 0,
    ) -> None:
        """Keep the arguments; `fit` checks them."""
        self.tasks = tasks
        self.num_rows = num_rows
        self.num_draws = num_draws
        self.min_count = min_count
        self.weights = weights
        self.source_column = source_column
        self.settings = settings
        self.random_state = random_state

    def fit(self, tables: Tables, y: None = None) -> TableMerger:
        """Fit the law of all columns to tables.

        Args:
            tables: as in `merge_tables`.
            y: not used.

        Returns:
            This estimator.

        Raises:
            TablesError: with a line for each fault of tables, tasks and parameters.
        """
        faults = self._faults(self.num_rows)
        said, told = settings_of(
            self.settings, min_count=self.min_count, source_column=self.source_column
        )
        texts = texts_of(self.tasks)
        self.sources_ = sources_for(tables, texts, said, [*faults, *told])
        schema = self.sources_.schema
        self.tasks_ = parse_tasks(texts, schema, scarce_columns(schema, self.sources_.codes()[0]))
        self.model_ = Model.of(
            self.sources_,
            num_draws=self.num_draws,
            seed=self.random_state,
            min_count=said.min_count,
        )
        return self

    def _faults(self, num_rows: object) -> list[str]:
        """Return what is wrong with parameters and a number of rows, in the estimator's names."""
        faults = setting_faults(num_rows, self.weights, self.num_draws, self.random_state)
        return [re.sub(r"^seed\b", "random_state", line) for line in faults]

    def merge(self, num_rows: int | None = None) -> Merged:
        """Return rows with what they are worth, as `merge_tables` does.

        Args:
            num_rows: to make; that of the estimator unless told.

        Raises:
            NotFittedError: before `fit`.
            TooFewRows: names the least number of rows that does.
        """
        check_is_fitted(self)
        count: Any = self.num_rows if num_rows is None else num_rows
        if faults := self._faults(count):
            raise TablesError(faults)
        return made_for(self.model_, self.tasks_, num_rows=int(count), weights=self.weights)

    def sample(self, num_rows: int | None = None) -> pd.DataFrame:
        """Return complete synthetic rows; where they have weights, these are the last column.

        Args:
            num_rows: as in `merge`; equal numbers give equal rows.
        """
        return self.merge(num_rows).rows

    def score(self, tables: Tables, y: None = None) -> float:
        """Return the mean log-density of the cells of other tables, in nats per cell that is shown.

        The density is the normal one with the moments of the rows that `sample` returns, of columns
        in units of their standard deviation, levels as indicators, as in `ddlib.merge.scoring`. It
        compares settings and numbers of rows, on tables of one and the same population.

        Args:
            tables: data frames with columns that were fitted; others count for nothing.
            y: not used.

        Raises:
            TablesError: for what is no data frame, columns of another type or that stand twice,
                unknown levels, infinite cells, and tables that show nothing.
        """
        merged = self.merge()
        codes = np.concatenate(
            [self.model_.schema.encode(table) for table in _frames(inputs_of(tables))]
        )
        codes = codes[~np.isnan(codes).all(1)]
        if not len(codes):
            raise TablesError(["tables: show none of the columns; must show one that was fitted"])
        schema = self.model_.schema
        names = np.array(schema.without_keys().names, dtype=object)
        if infinite := names[np.isinf(codes).any(axis=0)].tolist():
            raise TablesError([f"column {n!r}: is infinite; must be finite" for n in infinite])
        design = Design.of(parse_task(DENSITY, schema), schema, self.model_.draws)
        filled = fill(codes, self.model_.codes, schema)
        return density(design, [(merged.codes, merged.weights)], codes, filled)


def _frames(tables: Any) -> list[pd.DataFrame]:
    """Return tables that are data frames, names of columns as texts, or raise `TablesError`."""
    given: list[Any] = [*(tables.values() if isinstance(tables, Mapping) else tables)]
    faults = [
        f"tables[{place}]: a {type(table).__name__}; must be a data frame"
        for place, table in enumerate(given)
        if not isinstance(table, pd.DataFrame)
    ]
    if faults:
        raise TablesError(faults)
    named = [table.set_axis([str(name) for name in table.columns], axis=1) for table in given]
    faults = [
        f"tables[{place}]: column {name!r} stands twice; must stand once"
        for place, table in enumerate(named)
        for name in table.columns[table.columns.duplicated()].unique()
    ]
    if faults:
        raise TablesError(faults)
    return named
