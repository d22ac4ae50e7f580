"""Merge tables in one call: from data frames or files to rows made for a task.

The same as the command `ddlib merge`: `ddlib.tables.read_sources`, then `ddlib.merge.merged.merge`.
"""

# Arguments may be anything before they are checked.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pandas as pd

from ddlib.arguments import fault
from ddlib.merge.formula import DENSITY, TaskError, parse_tasks, reasons
from ddlib.merge.merged import Merged, merge, setting_faults
from ddlib.merge.scarce import scarce_columns
from ddlib.tables import Settings, Sources, TablesError, read_settings, read_sources
from ddlib.tables.load import Input

Tables = Input | Iterable[Input] | Mapping[str, Input]
"""A data frame or a file a source, with names or without."""


def merge_tables(
    tables: Tables,
    tasks: str | Sequence[str] = DENSITY,
    *,
    num_rows: int = 100,
    weights: bool = True,
    num_draws: int = 10,
    min_count: int | None = None,
    source_column: str | None = None,
    settings: Settings | str | os.PathLike[str] | None = None,
    seed: int = 0,
) -> Merged:
    """Return complete synthetic rows that stand for all `tables`, made for tasks.

    Columns are joined by a Gaussian copula, and what no table shows is drawn from it several times.

    Args:
        tables: one per source, one row a person: data frames, or CSV, TSV or Parquet files. Columns
            may be numbers, counts, levels, truth values, dates or texts; what a table lacks is
            missing there.
        tasks: what the rows are for: "died ~ .", "los ~ age + sex", "density" for all questions, or
            a list of such texts. A `.` takes all other columns, that of the sources too.
        num_rows: to make.
        weights: whether rows may have weights, with which regressions find what all tables tell.
        num_draws: draws of what is missing, at least 2.
        min_count: rows that a level, a column and a table must have, so that none of them shows
            single people: that of the settings, 10, unless told. 1 switches the protection off.
        source_column: name of a column to add that says which table a row is of, so that levels
            that differ between tables are modelled; as in the settings unless told.
        settings: what else is said of the tables, or a YAML file of it.
        seed: of what is drawn; the same gives the same rows.

    Returns:
        `rows` is the table, with the columns' own types and ranges, `worth` how many complete real
        rows each task could be told from as well, `notes` what was found and assumed.

    Raises:
        TablesError: a `ValueError`, with a line for each fault of tables, tasks and arguments.
        TooFewRows: names the least number of rows that does.

    Warns of what asks for a decision, such as pairs of columns that no table has together: their
    dependence is a guess.
    """
    faults = setting_faults(num_rows, weights, num_draws, seed)
    said, told = settings_of(settings, min_count=min_count, source_column=source_column)
    texts = texts_of(tasks)
    sources = sources_for(tables, texts, said, [*faults, *told])
    merged = merge(
        sources,
        texts,
        num_rows=num_rows,
        weights=weights,
        num_draws=num_draws,
        min_count=said.min_count,
        seed=seed,
    )
    notes = sorted([*sources.notes, *merged.notes], key=lambda note: note.level != "warning")
    for note in notes:
        if note.level == "warning":
            warnings.warn(note.text, stacklevel=2)
    return replace(merged, notes=tuple(notes))


def sources_for(
    tables: object, tasks: object, settings: Settings, faults: Sequence[str] = ()
) -> Sources:
    """Return tables that are checked, for tasks that they can have.

    Args:
        tables: as `merge_tables` takes them.
        tasks: a list of texts.
        settings: what is said of the tables.
        faults: of what was checked before.

    Raises:
        TablesError: for these, and all that is wrong with tables and tasks, a line each.
    """
    found = [*faults]
    try:
        sources = read_sources(inputs_of(tables), settings)
    except TablesError as error:
        raise TablesError([*found, *error.faults]) from None
    try:
        scarce = scarce_columns(sources.schema, sources.codes()[0])
        parse_tasks(_checked(tasks), sources.schema, scarce)
    except TaskError as error:
        raise TablesError([*found, *error.faults, *reasons(error, sources)]) from None
    if found:
        raise TablesError(found)
    return sources


def settings_of(
    settings: Any, *, min_count: object = None, source_column: object = None
) -> tuple[Settings, list[str]]:
    """Return settings with what arguments say in their place, and what is wrong with either.

    Args:
        settings: `Settings`, the path of a file of them, or None.
        min_count: in their place unless None.
        source_column: likewise.
    """
    given = {"min_count": min_count, "source_column": source_column}
    said: Any = {name: value for name, value in given.items() if value is not None}
    try:
        if isinstance(settings, str | os.PathLike):
            settings = read_settings(settings)
        if settings is None or isinstance(settings, Settings):
            return replace(settings or Settings(), **said), []
    except TablesError as error:
        return Settings(), [*error.faults]
    return Settings(), [fault("settings", settings, "Settings, the path of a YAML file, or None")]


def inputs_of(tables: Any) -> Any:
    """Return tables as a list or mapping that is not empty.

    Args:
        tables: as `merge_tables` takes them.

    Raises:
        TablesError: for none, and for what holds no tables.
    """
    if isinstance(tables, str | os.PathLike | pd.DataFrame):
        return [tables]
    if not isinstance(tables, Iterable):
        wanted = "a list or mapping of data frames or paths"
        raise TablesError([fault("tables", tables, wanted)])
    given: Any = tables if isinstance(tables, Mapping) else [*cast("Iterable[Any]", tables)]
    if not given:
        raise TablesError(["tables: none given; must be at least one"])
    return given


def texts_of(tasks: Any) -> Any:
    """Return tasks as a list, which can be read more than once; what holds none as it is.

    Args:
        tasks: as `merge_tables` takes them.
    """
    if isinstance(tasks, str):
        return [tasks]
    return [*cast("Iterable[Any]", tasks)] if isinstance(tasks, Iterable) else tasks


def _checked(tasks: object) -> list[Any]:
    """Return tasks that are a list, or raise `TaskError`."""
    if isinstance(tasks, list):
        return tasks
    raise TaskError([fault("tasks", tasks, "a text, such as 'died ~ .', or a list of texts")])
