"""Tables of one row a person that share people, joined by a key to one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ddlib.tables import Settings, Sources, TablesError
from ddlib.tables.faults import Findings, note, number_of
from ddlib.tables.load import Input, load
from ddlib.visits.features import features_of
from ddlib.visits.joining import joined
from ddlib.visits.keys import (
    Said,
    as_key,
    check_single,
    name_in,
    warn_of_unlinked,
    whole_column,
)
from ddlib.visits.panel import ordered
from ddlib.visits.people import protected
from ddlib.visits.reading import called, rows_of


def link_tables(
    inputs: Sequence[Input] | Mapping[str, Input], key: str, settings: Settings | None = None
) -> Sources:
    """Return tables as one, in which rows with the same key are one person's.

    What a table lacks of a person another one may have. Tables need no column in common but the
    key; where both show one of a person, they have to agree.

    Args:
        inputs: files or data frames, one row a person in each.
        key: name of the column that says who it is, which all must have.
        settings: what else is said of the tables.

    Raises:
        TablesError: for all that is wrong, a line each, with file, row and column.
    """
    settings, found = Settings() if settings is None else settings, Findings()
    raw = load(inputs, settings, found)
    key = name_in("link", key, raw, found)
    people = whole_column(key, "a person", raw, as_key(settings, key), found)
    if people is not None:
        why = "where tables are linked: visits take --id and --time too"
        check_single(people, [*raw], why, found)
    if settings.source_column is not None:
        line = f"source_column = {settings.source_column!r}: must be left out where tables are "
        found.faults.append(f"{line}linked, as a person may be in several")
    sources = features_of(raw, Said(key, key, linked=True), settings, found)
    if found.faults or sources is None or people is None:
        raise TablesError(list(dict.fromkeys(found.faults)))
    rows, keys = rows_of(sources, raw, people, None, linked=True)
    tables = dict(zip(sources.labels, np.bincount(rows.site).tolist(), strict=True))
    schema = sources.schema.without_keys()
    rows, shared = joined(rows, schema, keys, lambda place: called(raw, place), found, timed=False)
    if found.faults:
        raise TablesError(found.faults)
    schema, codes = protected(rows, schema, tables, settings.min_count, found)
    if found.faults:
        raise TablesError(found.faults)
    warn_of_unlinked(people, key, found)
    line = f"{len(rows.codes)} people, of whom {number_of(shared, 'row')} of a second table told "
    line += f"more: tables are linked by {key!r}"
    whole = schema.decode(codes)
    lengths = {label: len(table) for label, table in raw.items()}
    notes = ordered([*sources.notes, *found.notes, note(line, [key])])
    return Sources({" + ".join(lengths): whole}, schema, notes, lengths)
