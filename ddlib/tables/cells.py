"""The cells of one column over all tables, brought to one form, and those that have none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ddlib.tables.columns import value_text
from ddlib.tables.faults import Findings, and_more, note, some, yaml_word
from ddlib.tables.forms import (
    DATE,
    Form,
    common_form,
    form_of,
    is_number_text,
    matches,
    suspect_texts,
    to_numbers,
)
from ddlib.tables.names import is_persons
from ddlib.tables.native import native
from ddlib.tables.settings import Settings

# As in pandas' own reader.
MISSING_WORDS = frozenset(
    ("#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "n/a", "NULL", "null", "None", "NaN", "nan")
).union(("-NaN", "-nan", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN"))
"""What a text file has for a missing cell, besides nothing."""

LARGEST = 1e100
"""The size of numbers whose squares and sums are finite for certain."""

SMALLEST = 1e-100
"""The size of the largest number of a column, below which its squares may be taken for 0."""


@dataclass(frozen=True)
class Cells:
    """The cells of one column over the tables that have it.

    Attributes:
        name: of the column.
        form: of all values.
        values: label -> float64, truth values, moments or texts, by row; missing where a cell is.
        came: what the tables had: "text", "int", "float", "bool", "date".
    """

    name: str
    form: Form
    values: Mapping[str, pd.Series]
    came: frozenset[str]

    @cached_property
    def pooled(self) -> pd.Series:
        """The values of all tables that are not missing."""
        return pd.concat([values.dropna() for values in self.values.values()])

    @property
    def has_missing(self) -> bool:
        """Whether a cell is missing in a table that has the column."""
        return any(bool(values.isna().any()) for values in self.values.values())


def unify(
    name: str, parts: Mapping[str, pd.Series], settings: Settings, found: Findings
) -> Cells | None:
    """Return a column's cells in one form, or None where they have none; `found` says why.

    Args:
        name: of the column.
        parts: label -> its values as the table has them, by row.
        settings: what is said of the column.
        found: gets faults and notes.
    """
    before = len(found.faults)
    came: set[str] = set()
    values: dict[str, pd.Series] = {}
    read: dict[str, list[str]] = {}
    for label, part in parts.items():
        try:
            plain, way = native(part)
        except ValueError as error:
            line = f"{label}: column {name!r}: {error}; must be numbers, texts, dates or true/false"
            found.faults.append(line)
            continue
        came.add(way)
        plain = _relevelled(plain, settings.levels_in(label, name))
        values[label], words = _without_missing(plain, name, settings)
        for word in words:
            read.setdefault(word, []).append(label)
    if read:
        line = f"column {name!r}: {some(sorted(read))} read as missing"
        labels = dict.fromkeys(label for labels in read.values() for label in labels)
        found.notes.append(note(line, [name], list(labels)))
    form = None if len(found.faults) > before else _form(name, values, settings, found)
    if form is None:
        return None
    typed = {label: _as(form, part, label, name, settings, found) for label, part in values.items()}
    return Cells(name, form, typed, frozenset(came)) if len(found.faults) == before else None


def _relevelled(values: pd.Series, new: Mapping[Any, Any]) -> pd.Series:
    """Return values with other names of levels, as texts; as they are where none is given."""
    if not new:
        return values
    names = {value_text(old): value_text(level) for old, level in new.items()}
    texts = _as_texts(values)
    return texts.map({text: names.get(text, text) for text in texts.dropna().unique()}).astype(
        "str"
    )


def _as_texts(values: pd.Series) -> pd.Series:
    """Return values of any form as texts."""
    if pd.api.types.is_string_dtype(values.dtype):
        return values
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values.astype("str").where(values.notna(), None).astype("str")
    texts = [None if pd.isna(value) else value_text(value) for value in values.tolist()]
    return pd.Series(texts, index=values.index, dtype="str")


def _without_missing(
    values: pd.Series, name: str, settings: Settings
) -> tuple[pd.Series, list[str]]:
    """Return values without what stands for missing, and the words among them that are no codes."""
    codes = settings.missing_in(name)
    texts = {value_text(code) for code in codes}
    numbers = [float(text) for text in texts if is_number_text(text)]
    if not pd.api.types.is_string_dtype(values.dtype):
        is_number = pd.api.types.is_float_dtype(values.dtype)
        return values.mask(values.isin(numbers)) if numbers and is_number else values, []
    levels = {value_text(level) for level in settings.kind_of(name)[1]}
    words = MISSING_WORDS - levels
    gone = values.isin([*words, *texts])
    present = {str(word) for word in values[gone].unique()}
    read = sorted(present & words - texts)
    if numbers:
        gone |= to_numbers(values, ".").isin(numbers)
    return (values.mask(gone) if gone.any() else values), read


def _form(
    name: str, values: Mapping[str, pd.Series], settings: Settings, found: Findings
) -> Form | None:
    """Return the form of a column over all tables, None where it has none."""
    kind, _ = settings.kind_of(name)
    if kind in ("number", "count"):
        return "number"
    if kind == "date":
        return "date"
    strict = kind is not None or is_persons(name)
    forms: dict[str, Form] = {
        label: form_of(part, settings.decimal_in(label), strict=strict)
        for label, part in values.items()
    }
    if not strict:
        texts = [label for label, form in forms.items() if form == "text"]
        lines = [suspect_texts(name, label, values[label]) for label in texts]
        if faults := [line for line in lines if line]:
            found.faults += faults
            return None
    try:
        return common_form(name, forms, values)
    except ValueError as error:
        if strict:
            return "text"
        found.faults.append(str(error))
        return None


def _as(
    form: Form, values: pd.Series, label: str, name: str, settings: Settings, found: Findings
) -> pd.Series:
    """Return the values of one table in a form; `found` gets the cells that are not of it."""
    where = f"{label}: column {name!r}"
    if form in ("text", "empty"):
        return _as_texts(values)
    if form == "bool":
        if pd.api.types.is_bool_dtype(values.dtype):
            return values
        return values.str.lower().map({"true": True, "false": False}).astype("boolean")
    if form == "date":
        return _as_dates(values, where, found)
    numbers = _as_numbers(values, settings.decimal_in(label))
    _refuse(values[numbers.isna() & values.notna()], where, "a number", found)
    sizes = numbers.abs()
    _refuse(values[sizes == math.inf], where, "finite", found)
    vast = (sizes > LARGEST) & (sizes < math.inf)
    _refuse(values[vast], where, f"at most {LARGEST:g} in size", found)
    factor, offset = settings.unit_in(label, name)
    own = (factor, offset) == (1.0, 0.0)
    scaled = numbers if own else numbers * factor + offset
    most = float(scaled.abs().max())
    if 0 < most < SMALLEST or (not own and most > LARGEST):
        found.faults.append(_size_fault(where, most))
    return scaled if own else _rounded(scaled)


def _size_fault(where: str, most: float) -> str:
    """Return the line on numbers whose largest, in the units that are set, has no usual size."""
    return (
        f"{where}: its largest value is {most:.3g} in size; must be from {SMALLEST:g} to "
        f"{LARGEST:g}: choose another unit, with units in the settings"
    )


def _rounded(values: pd.Series) -> pd.Series:
    """Return numbers with twelve digits, without the noise of a conversion in the last ones."""
    size = np.ceil(np.log10(values.abs().where(values != 0, 1.0)))
    scale = 10.0 ** (12 - size)
    return (values * scale).round() / scale


def _as_numbers(values: pd.Series, decimal: str) -> pd.Series:
    """Return values of any form as numbers, NaN where they are none."""
    types = pd.api.types
    if types.is_bool_dtype(values.dtype):
        return values.astype("Float64").astype(float)
    if types.is_string_dtype(values.dtype):
        numbers = to_numbers(values, decimal)
        odd = numbers.isna() & values.notna()
        truth = values[odd].str.lower().map({"true": 1.0, "false": 0.0})
        return numbers.mask(odd, truth.astype(float)) if odd.any() else numbers
    if types.is_datetime64_any_dtype(values.dtype):
        return pd.Series(np.nan, index=values.index)
    return values


def _as_dates(values: pd.Series, where: str, found: Findings) -> pd.Series:
    """Return moments, and add the cells that are none to `found`."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    texts = _as_texts(values)
    plain = texts.where(matches(texts, DATE))
    moments = pd.to_datetime(plain, errors="coerce", format="ISO8601", utc=True)
    moments = moments.dt.tz_localize(None).astype("datetime64[us]")
    _refuse(values[moments.isna() & values.notna()], where, "a date such as 2024-01-31", found)
    return moments


def _refuse(odd: pd.Series, where: str, wanted: str, found: Findings) -> None:
    """Add a line on the cells of a column that are not what it must be, if there are any."""
    if odd.empty:
        return
    words = sorted({value_text(value) for value in odd.tolist()})
    advice = ""
    if len(words) <= 2:
        listed = ", ".join(yaml_word(word) for word in words)
        advice = f"; if that stands for a missing cell, set missing: [{listed}]"
    text = value_text(odd.iloc[0])
    more = and_more(len(odd) - 1)
    found.faults.append(f"{where}, row {odd.index[0]}: {text!r}; must be {wanted}{more}{advice}")
