"""The column that says which source a row is of, where settings ask for one.

With it, levels that differ between the sources are part of the model. It says no more of a person
than what table the row is in, so that its levels are not pooled. It is no column in common, and a
row that shows nothing else shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ddlib.tables.columns import Column, value_text
from ddlib.tables.describe import natural
from ddlib.tables.faults import Findings, some, warning
from ddlib.tables.settings import Settings


def with_source(
    tables: Mapping[str, pd.DataFrame], name: str, found: Findings
) -> dict[str, pd.DataFrame]:
    """Return tables with a first column that has their label in all rows.

    Args:
        tables: label -> table.
        name: of the column.
        found: gets the fault of a name that is taken.
    """
    owners = [label for label, table in tables.items() if name in table.columns]
    if owners:
        line = f"source_column = {name!r}: is a column of {', '.join(owners)}; must be a new name"
        found.faults.append(line)
        return dict(tables)
    return {
        label: pd.concat([pd.Series(label, index=table.index, name=name), table], axis=1)
        for label, table in tables.items()
    }


def describe_source(
    name: str, parts: Mapping[str, pd.Series], settings: Settings, found: Findings
) -> tuple[Column, dict[str, pd.Series]] | None:
    """Return the column of sources and its values by label, None where there is one source alone.

    Args:
        name: of the column.
        parts: label -> its values, by row.
        settings: may write labels differently.
        found: gets a warning where the column is left out.
    """
    written = {label: _written(label, name, settings) for label in parts}
    levels = sorted(set(written.values()), key=natural)
    if len(levels) < 2:
        line = f"column {name!r}: is {levels[0]!r} in all rows: left out"
        found.notes.append(warning(line, [name], list(parts)))
        return None
    kind = "binary" if len(levels) == 2 else "category"
    values = {
        label: pd.Series(written[label], index=part.index, dtype=object)
        for label, part in parts.items()
    }
    return Column(name, kind, tuple(levels), dtype="str"), values


def warn_of_guessed_levels(tables: Mapping[str, pd.DataFrame], name: str, found: Findings) -> None:
    """Warn of columns that sources lack: how high they are there is told by no row.

    Args:
        tables: label -> table, with the column of sources.
        name: of that column.
        found: gets the warning.
    """
    every = dict.fromkeys(column for table in tables.values() for column in table.columns)
    lacking = {
        label: names
        for label, table in tables.items()
        if (names := [c for c in every if c not in table or table[c].isna().all()])
    }
    if not lacking:
        return
    told = "; ".join(f"{label} lacks {some(names)}" for label, names in lacking.items())
    line = f"column {name!r}: {told}: whether that is higher or lower there than elsewhere, no row "
    line += "can tell: it is guessed from the other columns"
    columns = dict.fromkeys(column for names in lacking.values() for column in names)
    found.notes.append(warning(line, [name, *columns], list(lacking)))


def _written(label: str, name: str, settings: Settings) -> str:
    """Return a label as the settings write it in the column."""
    new = {value_text(old): value_text(to) for old, to in settings.levels_in(label, name).items()}
    return new.get(label, label)
