r"""What people would train on in place of merged rows: complete tables made of tables with holes.

Each rival is one or several tables of complete, weighted rows. A learner is trained on each, and
its predictions are averaged. A source alone says nothing of a density where it lacks a column, nor
of a target that does not vary in it: it has no table then.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from ddlib.copula.order import canonical_order, dense_ranks
from ddlib.merge.formula import TableTask
from ddlib.merge.merged import Merged, TooFewRows, made_for
from ddlib.merge.model import Model, numpy_seed
from ddlib.merge.wide_ridge import WideRidge
from ddlib.tables import Schema

Rows = tuple[np.ndarray, np.ndarray]
"""Complete codes `(m, p)` and weights `(m,)`."""

MERGED = "merged rows"
MEAN_FILLING = "mean filling"
WIDE = 100  # columns from which an imputer's regressions are done by their products, for the time


@dataclass(frozen=True, eq=False)
class Rivalry:
    """Rows to train on, with holes, and the model that merged rows come from.

    Attributes:
        model: fitted to the rows.
        source: index of each row's source, `(n,)`.
        labels: of the sources.
        num_rows: merged rows to make.
    """

    model: Model
    source: np.ndarray
    labels: tuple[str, ...]
    num_rows: int

    @property
    def schema(self) -> Schema:
        """The columns."""
        return self.model.schema

    @property
    def codes(self) -> np.ndarray:
        """The rows, `(n, p)`, NaN where missing."""
        return self.model.codes

    def tables(self, task: TableTask) -> dict[str, list[Rows]]:
        """Return what is trained on, rival by rival; no table where there is none.

        Args:
            task: what merged rows are made for.
        """
        made = {
            MERGED: self._merged(task),
            "multiple imputation": [equal_weights(draw) for draw in self.model.draws],
            MEAN_FILLING: [equal_weights(fill(self.codes, self.codes, self.schema))],
            "IterativeImputer": [equal_weights(self._imputed)],
        }
        alone = {f"{label} alone": self._alone(i, task) for i, label in enumerate(self.labels)}
        return made | alone

    def made(self, tasks: Sequence[TableTask], *, weights: bool = True) -> Merged:
        """Return the rows made for tasks; those that were asked for before are not made again.

        Args:
            tasks: of merged rows.
            weights: whether they may have weights.

        Raises:
            TooFewRows: for fewer than can be made.
        """
        asked = tuple(tasks), weights
        if asked not in self._made:
            made = made_for(self.model, tasks, num_rows=self.num_rows, weights=weights)
            self._made[asked] = made
        return self._made[asked]

    @cached_property
    def _made(self) -> dict[tuple[tuple[TableTask, ...], bool], Merged]:
        """What was made."""
        return {}

    @cached_property
    def _imputed(self) -> np.ndarray:
        """The rows as `IterativeImputer` fills them."""
        return impute(self.model)

    def _merged(self, task: TableTask) -> list[Rows]:
        """Return the rows made for a task, if so few can be made."""
        try:
            merged = self.made([task])
        except TooFewRows:
            return []
        return [(merged.codes, merged.weights)]

    def _alone(self, index: int, task: TableTask) -> list[Rows]:
        """Return the rows of a source, filled by its means, if they say anything of a task."""
        own = self.codes[self.source == index]
        there = ~np.isnan(own)
        if task.learned == "density":
            return [equal_weights(fill(own, own, self.schema))] if there.any(0).all() else []
        target = self.schema.names.index(task.target)
        own = own[there[:, target]]
        return (
            [equal_weights(fill(own, own, self.schema))]
            if len(np.unique(own[:, target])) > 1
            else []
        )


def fill(codes: np.ndarray, known: np.ndarray, schema: Schema) -> np.ndarray:
    """Return codes with holes filled by the mean of a column, a category's by its likeliest level.

    Args:
        codes: `(m, p)`, NaN where missing.
        known: codes that say what is mean and likeliest, `(n, p)`; 0 is for columns not in them.
        schema: the columns, without keys.
    """
    filled = codes.copy()
    for j, column in enumerate(schema.columns):
        seen = known[~np.isnan(known[:, j]), j]
        centre = 0.0
        if len(seen) and column.kind == "category":
            centre = float(np.bincount(seen.astype(int)).argmax())
        elif len(seen):
            centre = float(seen.mean())
        filled[np.isnan(codes[:, j]), j] = centre
    return filled


def impute(model: Model) -> np.ndarray:
    """Return rows with holes filled by scikit-learn's `IterativeImputer`, a draw from each law.

    Columns are standardised. The order in which rows and columns came changes nothing. A category
    is imputed by the number of its level, as users do who encode levels first.

    Args:
        model: has the rows.
    """
    return impute_codes(model.codes, model.schema, model.seed)


def impute_codes(known: np.ndarray, schema: Schema, seed: int) -> np.ndarray:
    """Return codes as `impute` does.

    Args:
        known: `(n, p)`, NaN where missing.
        schema: the columns, without keys.
        seed: of what is drawn.
    """
    kinds = [column.kind for column in schema.columns]
    rows, columns = canonical_order(dense_ranks(known), kinds)
    codes = known[np.ix_(rows, columns)]
    centre, scale = np.nanmean(codes, axis=0), np.nanstd(codes, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    # It takes seeds of 32 bits.
    start = numpy_seed(seed, "IterativeImputer") % 2**32
    ridge = WideRidge() if codes.shape[1] >= WIDE else None
    # Regressions of columns without holes would change nothing.
    how = {"sample_posterior": True, "skip_complete": True, "random_state": start}
    imputer = IterativeImputer(ridge, **how)
    # Its checks take a third of its time, and what it gets and sets itself passes them.
    unchecked = config_context(assume_finite=True, skip_parameter_validation=True)
    with warnings.catch_warnings(), unchecked:
        # It stops after ten rounds, and users take what it returns: so do we.
        warnings.simplefilter("ignore", ConvergenceWarning)
        filled = imputer.fit_transform((codes - centre) / scale) * scale + centre
    own = np.empty_like(filled)
    own[np.ix_(rows, columns)] = filled
    for j, column in enumerate(schema.columns):
        if column.kind == "category":
            own[:, j] = np.clip(np.rint(own[:, j]), 0, len(column.levels) - 1)
    return np.where(np.isnan(known), own, known)


def equal_weights(codes: np.ndarray) -> Rows:
    """Return rows of equal weights.

    Args:
        codes: complete, `(n, p)`.
    """
    return codes, np.ones(len(codes))
