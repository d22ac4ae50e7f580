"""The columns of long tables besides those of people and times, checked as those of all tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ddlib.tables import Settings, Sources, TablesError, read_sources
from ddlib.tables.faults import Findings
from ddlib.visits.keys import Said

ROW = "row of a long table"
"""A key that tells which rows are left after the tables are checked."""


def features_of(
    raw: Mapping[str, pd.DataFrame], said: Said, settings: Settings, found: Findings
) -> Sources | None:
    """Return the tables without people and times, checked, with the key `ROW`.

    Args:
        raw: label -> table as it came.
        said: which columns are people and time.
        settings: of the tables.
        found: gets the faults.
    """
    gone = {said.person, said.time, settings.source_column}
    rest = {label: table.loc[:, ~table.columns.isin([*gone])] for label, table in raw.items()}
    bare = [label for label, table in rest.items() if not table.shape[1]]
    found.faults += [f"{label}: has no columns besides people and time" for label in bare]
    if bare or not rest:
        return None
    ends = np.cumsum([len(table) for table in rest.values()])
    numbered = {
        label: table.assign(**{ROW: np.arange(end - len(table), end)})
        for (label, table), end in zip(rest.items(), ends, strict=True)
    }
    names = {str(name) for table in rest.values() for name in table.columns}
    try:
        told = _offeatures_of(settings, names)
        # What must stand often enough is counted by people, once who they are is known.
        return read_sources(numbered, told, linked=said.linked, counted=False)
    except TablesError as error:
        found.faults += error.faults
        return None


def _offeatures_of(settings: Settings, names: set[str]) -> Settings:
    """Return what settings say of columns that are left, under the names that they have now."""
    source = {settings.source_column} - {None}

    def own(said: Any) -> Any:
        return {name: value for name, value in said.items() if name in names | source}

    missing = settings.missing
    levels = {
        name: value if name in names | source else own(value)
        for name, value in settings.levels.items()
        if name in names | source or all(isinstance(each, Mapping) for each in value.values())
    }
    return replace(
        settings,
        kinds={**own(settings.kinds), ROW: "key"},
        missing=own(missing) if isinstance(missing, Mapping) else missing,
        leave_out=(),
        rename={},
        units={label: own(units) for label, units in settings.units.items()},
        levels=levels,
    )
