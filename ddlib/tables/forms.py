"""How the cells of a column are written: numbers, dates, truth values or texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from ddlib.tables.columns import value_text
from ddlib.tables.faults import some, yaml_word

Form = Literal["number", "bool", "date", "text", "empty"]
"""How the cells of a column are written."""

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:[+-]?inf(?:inity)?)"
_COMMA = r"[+-]?[0-9]*,[0-9]+"
# Thousands with a sign of their own and decimals with the other, or several groups of thousands.
_GROUPS = r"(?:[.' ][0-9]{3})+,[0-9]+|(?:[,' ][0-9]{3})+\.[0-9]+|(?:[.,' ][0-9]{3}){2,}"
_THOUSANDS = rf"[+-]?[0-9]{{1,3}}(?:{_GROUPS})"
# Leading zeros belong to codes, such as those of a post office, and so do more digits than a double
# can hold.
_CODE = r"0[0-9]+|[0-9]{16,}"
_TIME = r"[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
ALIKE = "must be written alike"
"""What the fault of a column says that tables write in different forms."""
DATE = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:{_TIME})?"
"""A date as ISO 8601 writes it, perhaps with a time of day, and that with its distance from UTC."""
_OTHER_DATE = (
    r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{4}|[0-9]{2})|[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}"
)
_IN_WORDS = {"number": "numbers", "bool": "true and false", "date": "dates", "text": "text"}


def form_of(values: pd.Series, decimal: str = ".", *, strict: bool = False) -> Form:
    """Return the form that the cells of a column in one table have, or most of them.

    Args:
        values: as `native` returns them.
        decimal: the sign of decimals in texts.
        strict: whether a single cell of another form makes all of them texts, and dates are texts.
    """
    types = pd.api.types
    if values.isna().all():
        return "empty"
    if types.is_bool_dtype(values.dtype):
        return "bool"
    if types.is_datetime64_any_dtype(values.dtype):
        return "date"
    if types.is_numeric_dtype(values.dtype):
        return "number"
    texts = values.dropna()
    numbers = matches(plain_numbers(texts, decimal), _NUMBER)
    if numbers.all():
        return "text" if matches(texts, _CODE).any() else "number"
    if texts.str.lower().isin(["true", "false"]).all():
        return "bool"
    if strict:
        return "text"
    dates = matches(texts, DATE)
    if dates.all():
        return "date"
    fitting: tuple[tuple[Form, np.ndarray], ...] = (("number", numbers), ("date", dates))
    for form, fits in fitting:
        # Many numbers and few texts among them are a column of numbers with slips, no levels.
        if fits.mean() > 0.5 and texts[fits].nunique() > max(3, 2 * texts[~fits].nunique() - 1):
            return form
    return "text"


def to_numbers(values: pd.Series, decimal: str) -> pd.Series:
    """Return texts as numbers, NaN where they are none.

    Args:
        values: texts; what is missing is none.
        decimal: the sign of decimals.
    """
    texts = plain_numbers(values, decimal)
    fits = matches(texts, _NUMBER)
    found = np.full(len(values), np.nan)
    found[fits] = [float(text) for text in texts[fits].tolist()]
    return pd.Series(found, index=values.index)


def matches(texts: pd.Series, pattern: str) -> np.ndarray:
    """Return which texts a pattern matches as a whole, bool `(n,)`; what is missing does not.

    As `str.fullmatch` of pandas has it, which parses the pattern anew for each column.

    Args:
        texts: n of them.
        pattern: a regular expression.
    """
    import pyarrow as pa  # takes a while to import
    from pyarrow import compute

    whole = compute.MatchSubstringOptions(f"^({pattern})$")
    found = compute.call_function("match_substring_regex", [pa.array(texts)], whole)
    return compute.fill_null(found, False).to_numpy(zero_copy_only=False)


def is_number_text(text: str) -> bool:
    """Whether a text is a number as files write it.

    Args:
        text: a cell's, or a code for a missing one.
    """
    return bool(re.fullmatch(_NUMBER, text))


def plain_numbers(values: pd.Series, decimal: str) -> pd.Series:
    """Return texts with the minus and the sign of decimals of Python's numbers.

    Args:
        values: texts.
        decimal: the sign of decimals that they have; with a comma, a point makes no number.
    """
    texts = values.str.replace("−", "-", regex=False)
    if decimal == ".":
        return texts
    return texts.str.replace(".", "..", regex=False).str.replace(",", ".", regex=False)


def common_form(name: str, forms: Mapping[str, Form], values: Mapping[str, pd.Series]) -> Form:
    """Return the form of a column in all tables, "empty" where no cell is seen.

    Args:
        name: of the column, for the fault.
        forms: label -> form.
        values: label -> the column's cells.

    Raises:
        ValueError: for tables that write it in different forms.
    """
    seen: set[Form] = {form for form in forms.values() if form != "empty"}
    if seen == {"bool", "number"} and all(
        values[label].dropna().astype(str).isin(["0", "1", "0.0", "1.0"]).all()
        for label, form in forms.items()
        if form == "number"
    ):
        return "number"
    if len(seen) <= 1:
        return seen.pop() if seen else "empty"
    told: list[str] = []
    for form in sorted(seen):
        label = next(label for label, own in forms.items() if own == form)
        cells = values[label].dropna()
        levels = [value_text(value) for value in cells.unique()]
        what = f" such as {some(levels)}" if form in ("text", "bool") else ""
        told.append(f"{_IN_WORDS[form]}{what} in {label} (row {cells.index[0]})")
    column = yaml_word(name)
    raise ValueError(
        f"column {name!r}: has {' and '.join(told)}; {ALIKE}: map them with levels: "
        f"{{{column}: {{old: new}}}}, or set kinds: {{{column}: category}}"
    )


def suspect_texts(name: str, label: str, values: pd.Series) -> str | None:
    """Return the fault of texts that may be numbers or dates in a way that is not read, else None.

    Args:
        name: of the column.
        label: of the table.
        values: texts.
    """
    texts = values.dropna()
    where = f"{label}: column {name!r}, row"
    decimal = f'decimal: {{{yaml_word(label)}: ","}}'
    commas = matches(texts, _COMMA)
    numbers = commas | matches(texts, _NUMBER)
    thousands = matches(texts, _THOUSANDS)
    if thousands.any() and (thousands | numbers).mean() > 0.5:
        first = texts[thousands]
        return (
            f"{where} {first.index[0]}: {first.iloc[0]!r}; must be a number without signs of "
            f"thousands: take them out, and set {decimal} if its comma is that of decimals"
        )
    if commas.any() and numbers.mean() > 0.5:
        first = texts[commas]
        return (
            f"{where} {first.index[0]}: {first.iloc[0]!r}; must have a decimal point: set "
            f"{decimal} if its comma is one, or take the signs of thousands out"
        )
    if len(texts) and matches(texts, _OTHER_DATE).all():
        return (
            f"{where} {texts.index[0]}: {texts.iloc[0]!r}; must be written as 2024-01-31 if it is "
            f"a date; or set leave_out: [{yaml_word(name)}]"
        )
    return None
