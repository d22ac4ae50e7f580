"""Tables with different columns, read together, checked and brought to one schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ddlib.tables.cells import Cells, unify
from ddlib.tables.columns import WITH_LEVELS, Column, value_text
from ddlib.tables.compare import compare_cells, note_lacking, same_keys
from ddlib.tables.describe import as_levels, describe
from ddlib.tables.faults import Findings, Note, TablesError, note, number_of, warning
from ddlib.tables.kinds import infer, repeats
from ddlib.tables.load import Input, load
from ddlib.tables.names import compare_names, is_persons
from ddlib.tables.native import declared_levels
from ddlib.tables.origin import describe_source, warn_of_guessed_levels
from ddlib.tables.protect import check_common, check_rows, protect, scarce
from ddlib.tables.schema import Schema
from ddlib.tables.settings import Settings
from ddlib.tables.shift import warn_of_shift


@dataclass(frozen=True, eq=False)
class Sources:
    """Tables that are checked, with the schema of all their columns.

    Attributes:
        tables: label -> table, without empty rows and columns that were left out; its columns have
            the types of the schema, its index is new.
        schema: of the columns of all tables, in order of appearance.
        notes: what their user should know, warnings first.
        lengths: label -> rows, of tables that were linked into one; None where none were.
    """

    tables: Mapping[str, pd.DataFrame]
    schema: Schema
    notes: tuple[Note, ...]
    lengths: Mapping[str, int] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the tables."""
        return tuple(self.tables)

    def codes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes of all rows, and the source of each.

        Returns:
            `(n, p)` over the columns that are no keys, NaN where an entry is missing or the table
            lacks the column, see `Column`; and the index `(n,)` of each row's table.
        """
        codes = [self.schema.encode(table) for table in self.tables.values()]
        lengths = [len(table) for table in self.tables.values()]
        return np.concatenate(codes), np.repeat(np.arange(len(lengths)), lengths)


def read_sources(
    inputs: Sequence[Input] | Mapping[str, Input],
    settings: Settings | None = None,
    *,
    linked: bool = False,
    alone: bool = False,
    counted: bool = True,
) -> Sources:
    """Return tables that are to be merged, checked and with the kinds of their columns.

    Args:
        inputs: files or data frames, one a site, of one row a person. A mapping gives them labels;
            a file is else called by its name, a data frame by its place, `table 1`.
        settings: what is said of the tables; what is not said is inferred, and noted.
        linked: whether a key tells who is in several tables, which need no other column in common.
        alone: whether they are one site's, to be summarised: then a column of which too few rows
            tell is left out, rather than refused.
        counted: whether `min_count` is one of rows; if not, small cells are left to the caller.

    Raises:
        TablesError: for all that is wrong, a line each, with file, row and column.
    """
    settings = Settings() if settings is None else settings
    found = Findings()
    raw = load(inputs, settings, found)
    whole = not found.faults  # else a table may be lacking, and what it has in common unknown
    compare_names({label: list(table.columns) for label, table in raw.items()}, found)
    columns, values = _described(raw, settings, found)
    source, least = settings.source_column, settings.min_count if counted else 0
    for name in [name for name, column in columns.items() if column.kind in WITH_LEVELS]:
        if name != source:
            _pool_rare(name, columns, values, least, found, alone)
    for name in scarce(values, least, found) if alone else ():
        del columns[name]
    tables = {
        label: _table(label, table, columns, values, source, found) for label, table in raw.items()
    }
    schema = Schema(tuple(columns.values()))
    if not linked:
        same_keys(tables, schema, found)
    if whole:
        _check(raw, tables, schema, source, least, found, linked=linked, alone=alone)
    if found.faults:
        raise TablesError(found.faults)
    note_lacking(tables, [column for column in schema if column.name != source], found)
    if source is not None and source in schema:
        warn_of_guessed_levels(tables, source, found)
    else:
        warn_of_shift(tables, schema, found)
    notes = sorted(found.notes, key=lambda entry: entry.level != "warning")
    return Sources(tables, schema, tuple(notes))


def _described(
    raw: Mapping[str, pd.DataFrame], settings: Settings, found: Findings
) -> tuple[dict[str, Column], dict[str, dict[str, pd.Series]]]:
    """Return column -> what it is, and column -> label -> its values, of those that are kept."""
    columns: dict[str, Column] = {}
    values: dict[str, dict[str, pd.Series]] = {}
    for name in dict.fromkeys(name for table in raw.values() for name in table.columns):
        parts = {label: table[name] for label, table in raw.items() if name in table.columns}
        if name == settings.source_column:
            if described := describe_source(name, parts, settings, found):
                columns[name], values[name] = described
            continue
        cells = unify(name, parts, settings, found)
        said = (
            settings.kind_of(name) if name in settings.kinds else declared_levels([*parts.values()])
        )
        column = _column(cells, said, found) if cells else None
        if cells and column:
            columns[name] = column
            values[name] = {label: column.rounded(part) for label, part in cells.values.items()}
            compare_cells(column, cells, found, with_source=settings.source_column is not None)
    return columns, values


def _column(
    cells: Cells, said: tuple[str | None, tuple[Any, ...]], found: Findings
) -> Column | None:
    """Return what a column is, None where it is left out or refused."""
    kind, given = said
    distinct = cells.pooled.nunique()
    if distinct < 2 and kind != "key":
        value = value_text(cells.pooled.iloc[0]) if distinct else "empty"
        line = f"column {cells.name!r}: is {value} wherever it is seen: left out"
        found.notes.append(warning(line, [cells.name], list(cells.values)))
        return None
    if kind == "key":
        _warn_of_repeats(cells, found)
    if kind == "category" and distinct == 2:
        kind = "binary"
    known: Any = kind or infer(cells, found)
    return describe(cells, known, given, found) if known else None


def _warn_of_repeats(cells: Cells, found: Findings) -> None:
    """Warn of a key of people, set by the user, that a table has twice."""
    labels = [label for label, part in cells.values.items() if repeats(part)]
    if labels and is_persons(cells.name):
        line = (
            f"column {cells.name!r}: repeats in {', '.join(labels)}: rows of one value are taken "
        )
        line += f"as different people; ddlib merge --id {cells.name} --time COLUMN merges visits"
        found.notes.append(warning(line, [cells.name], labels))


def _pool_rare(
    name: str,
    columns: dict[str, Column],
    values: dict[str, dict[str, pd.Series]],
    min_count: int,
    found: Findings,
    alone: bool,
) -> None:
    """Pool the rare levels of a column in `columns` and `values`, and drop one that is refused."""
    parts = {label: as_levels(part) for label, part in values[name].items()}
    pooled = protect(columns[name], parts, min_count, found, alone=alone)
    if pooled is None:
        del columns[name], values[name]
        return
    columns[name], into = pooled
    if into:
        parts = {
            label: part.map(lambda level: None if level is None else into.get(level, level))
            for label, part in parts.items()
        }
    values[name] = parts


def _table(
    label: str,
    raw: pd.DataFrame,
    columns: Mapping[str, Column],
    values: Mapping[str, Mapping[str, pd.Series]],
    source: str | None,
    found: Findings,
) -> pd.DataFrame:
    """Return one table of typed values, without the rows that show nothing."""
    own = [name for name in raw.columns if name in columns]
    shown = np.zeros(len(raw), dtype=bool)
    for name in own:
        if columns[name].kind != "key" and name != source:
            shown |= values[name][label].notna().to_numpy()
    empty = int((~shown).sum())
    if empty:
        line = f"{label}: {number_of(empty, 'row')} without a value left out"
        found.notes.append(note(line, (), [label]))
    typed = {
        name: columns[name].typed(values[name][label][shown].reset_index(drop=True)) for name in own
    }
    return pd.DataFrame(typed, index=range(int(shown.sum())), columns=own)


def _check(
    raw: Mapping[str, pd.DataFrame],
    tables: Mapping[str, pd.DataFrame],
    schema: Schema,
    source: str | None,
    least: int,
    found: Findings,
    *,
    linked: bool,
    alone: bool,
) -> None:
    """Refuse tables and columns of few rows, and tables with no column in common."""
    names = [name for name in schema.without_keys().names if name != source]
    shown = {
        label: {name: int(table[name].notna().sum()) for name in names if name in table.columns}
        for label, table in tables.items()
    }
    counts = {name: sum(own.get(name, 0) for own in shown.values()) for name in names}
    refused = bool(found.faults)
    # Where a column is refused or left out, rows that show that alone seem to show nothing.
    rows = {
        label: len(raw[label] if refused or not shown[label] else tables[label]) for label in tables
    }
    rows = {label: n for label, n in rows.items() if shown[label] or n < least}
    if alone and rows:  # of one site, whose files are told of together
        rows = {", ".join(rows): sum(rows.values())}
    check_rows(rows, counts, least, found)
    bare = bool(found.faults) and not any(shown.values())  # no column is left, as rows are few
    # A column that is refused may be the one in common.
    if not refused and not linked and not bare:
        check_common(
            {label: {name for name, n in own.items() if n} for label, own in shown.items()},
            {label: {*table.columns} - {source} for label, table in raw.items()},
            found,
        )
