"""From stored rows to one number per setting and data set, as a reading of a claim defines it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ddlib.claims.choice import chosen_elsewhere
from ddlib.claims.claim import Rows
from ddlib.config import Config
from ddlib.experiments.base import AnyExperiment
from ddlib.runs.compute import with_fields
from ddlib.runs.grid import read_grid
from ddlib.runs.places import ROOT
from ddlib.runs.store import Store
from ddlib.runs.stored import Stored

GRIDS = ROOT / "grids"
SEED = "seed"


class EvidenceError(ValueError):
    """A reading that its rows cannot decide; the message says what is lacking."""


@cache
def configs_of(grid: str, folder: Path = GRIDS) -> tuple[AnyExperiment, tuple[Config, ...]]:
    """Return the experiment of a grid, and its configs.

    Args:
        grid: name of its file, without the ending.
        folder: where the file lies.

    Raises:
        SettingsError: for a file that is no grid of an experiment.
    """
    experiment, configs = read_grid(folder / f"{grid}.yml").configs()
    return experiment, tuple(configs)


def stored_of(grid: str, *, store: Store) -> list[Stored]:
    """Return what is stored of a grid, config by config.

    Args:
        grid: name of its file, without the ending.
        store: has the rows.

    Raises:
        EvidenceError: for a config that is not stored: evidence is not computed on the way.
    """
    experiment, configs = configs_of(grid)
    found = [stored for c in configs if (stored := store.find(experiment, c)) is not None]
    if len(found) < len(configs):
        raise EvidenceError(
            f"grids/{grid}.yml: {len(configs) - len(found)} of {len(configs)} configs are not "
            f"stored; must be computed first, by make sweep GRID=grids/{grid}.yml"
        )
    return found


def stored_for(term: Rows, *, store: Store) -> list[Stored]:
    """Return what is stored of the configs of which a term takes a row.

    Args:
        term: says which rows.
        store: has them.

    Raises:
        EvidenceError: as `stored_of` and `values_of` do.
    """
    found = []
    for grid in term.grids:
        stored = stored_of(grid, store=store)
        places = np.repeat(np.arange(len(stored)), [one.table.num_rows for one in stored])
        kept = _rows(_rows_of(grid, store).set_axis(places), term.where, term)
        found += [stored[place] for place in kept.index.unique()]
    return found


def differences(
    plus: Sequence[Rows], minus: Sequence[Rows], *, logarithm: bool = False, store: Store
) -> pd.DataFrame:
    """Return the sum of some values less that of others, for each setting and data set.

    Terms are joined over the columns that they share: what one has for all settings is the same in
    each of them.

    Args:
        plus: terms that are added.
        minus: terms that are taken away.
        logarithm: whether the logarithms of the values count.
        store: has their rows.

    Returns:
        The columns that tell the setting, `seed`, and `value`.

    Raises:
        EvidenceError: for rows that are not stored, for terms that share no data set, and for
            logarithms of values that are not above 0.
    """
    signed = [(1.0, term) for term in plus] + [(-1.0, term) for term in minus]
    total: pd.DataFrame | None = None
    for sign, term in signed:
        table = values_of(term, store=store)
        if logarithm and not (table["value"] > 0).all():
            raise EvidenceError(f"{_name(term)}: has values that are not above 0; must have none")
        table["value"] = sign * (np.log(table["value"]) if logarithm else table["value"])
        if total is None:
            total = table
            continue
        shared = [name for name in total.columns if name in table.columns and name != "value"]
        joined = total.merge(table, on=shared, suffixes=("", "_other"))
        total = joined.assign(value=joined["value"] + joined["value_other"])
        total = total.drop(columns="value_other")
    assert total is not None  # a reading has at least one term
    if total.empty:
        raise EvidenceError(f"{_name(plus[0])}: shares no data set with {_name(minus[0])}")
    return total


def values_of(term: Rows, *, store: Store) -> pd.DataFrame:
    """Return the value of one term for each setting and data set.

    Args:
        term: says which rows, and what of them.
        store: has them.

    Returns:
        The columns `by`, `seed` and `value`.

    Raises:
        EvidenceError: for rows that are not stored or have no finite value or no setting, and for
            several rows with one setting and seed that nothing reduces.
    """
    experiments = {configs_of(grid)[0].name for grid in term.grids}
    if len(experiments) > 1:
        over = ", ".join(sorted(experiments))
        raise EvidenceError(f"grids = {list(term.grids)}: are over {over}; must be over one")
    table = pd.concat([_rows_of(grid, store) for grid in term.grids], ignore_index=True)
    table = _rows(table, term.where, term)
    columns = {name: _as_key(_column(table, rule, term)) for name, rule in term.by.items()}
    if term.choose:
        columns[term.choose] = _column(table, term.choose, term)
    found = pd.DataFrame({**columns, SEED: table[SEED], "value": _numbers(table, term)})
    if term.choose:
        (task,) = term.by
        found = chosen_elsewhere(found, task=task, method=term.choose)
        found = _rows(found, term.keep, term)
    keys = [*term.by, SEED]
    if found.empty:
        raise EvidenceError(f"{_name(term)}: finds no rows; must find some")
    if not np.isfinite(found["value"]).all() or found[keys].isna().any(axis=None):
        raise EvidenceError(
            f"{_name(term)}: has no finite value and setting in each row; must have both"
        )
    if term.reduce:
        return found.groupby(keys, sort=False)[["value"]].agg(term.reduce).reset_index()
    if found.duplicated(keys).any():
        shared = ", ".join(keys)
        raise EvidenceError(f"{_name(term)}: has several rows per {shared}; must be reduced to one")
    return found[[*keys, "value"]]


def labels(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Yield each setting of a table: its name in words, and its values by data set.

    Args:
        table: as `differences` returns it.
    """
    names = [name for name in table.columns if name not in (SEED, "value")]
    if not names:
        yield "all", table.set_index(SEED)["value"]
        return
    for key, rows in table.groupby(names, sort=False):
        parts = zip(names, key, strict=True)
        yield ", ".join(_label(name, part) for name, part in parts), rows.set_index(SEED)["value"]


def _label(name: str, value: object) -> str:
    """Return a setting in words: a text says itself what it is, a number needs its name."""
    return value if isinstance(value, str) else f"{name} {value:g}"


def _rows(table: pd.DataFrame, rule: str, term: Rows) -> pd.DataFrame:
    """Return the rows of which a rule is true; all where there is none."""
    if not rule:
        return table
    told = _column(table, rule, term)
    if not pd.api.types.is_bool_dtype(told):
        raise EvidenceError(f"{_name(term)}: {rule!r}: must be true or false")
    return table[told]


def _numbers(table: pd.DataFrame, term: Rows) -> pd.Series:
    """Return the values of a term."""
    values = _column(table, term.value, term)
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise EvidenceError(f"{_name(term)}: {term.value!r}: must make numbers")
    return values.astype(float)


def _column(table: pd.DataFrame, rule: str, term: Rows) -> pd.Series:
    """Return what a rule makes of the columns of a table.

    Raises:
        EvidenceError: for a rule that pandas cannot read, or that makes no column.
    """
    try:
        column = table.eval(rule)
    except Exception as error:  # pandas has no class of its own for what it cannot read
        told = " ".join(str(error).split())
        raise EvidenceError(f"{_name(term)}: {rule!r}: cannot be read: {told}") from None
    if not isinstance(column, pd.Series):
        raise EvidenceError(f"{_name(term)}: {rule!r}: must make a column of its own")
    return column


def _as_key(column: pd.Series) -> pd.Series:
    """Return a column over which terms are joined: 10 rows of one are 10.0 rows of another."""
    return column.astype(float) if pd.api.types.is_numeric_dtype(column) else column


@cache
def _rows_of(grid: str, store: Store) -> pd.DataFrame:
    """Return the rows of a grid, to be read only."""
    _, configs = configs_of(grid)
    return with_fields(configs, [stored.table for stored in stored_of(grid, store=store)])


def _name(term: Rows) -> str:
    """Return a term in a few words."""
    return f"{', '.join(term.grids)} where {' '.join(term.where.split()) or 'all'}"
