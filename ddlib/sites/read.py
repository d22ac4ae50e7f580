"""Summaries and scales from JSON, checked: what was changed or is newer is refused in one line."""

# Entries may be anything before they are checked.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ddlib.sites.agree import disagreements
from ddlib.sites.entries import Wrong, count_of, law_of, list_of, numbers_of, scale_of
from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.quantiles import LARGEST_SCORE
from ddlib.sites.scale import Scale
from ddlib.sites.summary import ColumnMargin, Summary
from ddlib.sites.write import OWN, SCALE, SUMMARY, VERSION
from ddlib.tables import Column, TablesError
from ddlib.tables.columns import WITH_LEVELS

_ROUNDING = 1e-6  # of a number of rows, that sums may be off by
_DIGITS = 18  # of a whole number, which is then one of 64 bits
_Read = TypeVar("_Read")


def is_summary(path: object) -> bool:
    """Whether something is the path of a summary, by its ending.

    Args:
        path: of a file, or anything else.
    """
    return isinstance(path, str | os.PathLike) and Path(path).suffix.lower() == ".json"


def read_summary(path: str | os.PathLike[str]) -> Summary:
    """Return the summary in a file.

    Args:
        path: that `ddlib summarize` wrote.

    Raises:
        TablesError: in one line, for what is no such file, or what no rows could give.
    """
    return _read(path, SUMMARY, _summary)


def read_scale(path: str | os.PathLike[str]) -> Scale:
    """Return the scale in a file.

    Args:
        path: that `ddlib scale` wrote.

    Raises:
        TablesError: in one line, for what is no such file.
    """
    return _read(path, SCALE, lambda entry: scale_of(list_of(entry, "columns")))


def _read(
    path: str | os.PathLike[str], form: str, convert: Callable[[Mapping[str, Any]], _Read]
) -> _Read:
    """Return what a file of a form has, or raise `TablesError`."""
    where = Path(path)
    try:
        entry: Any = json.loads(
            where.read_text("utf-8"),
            parse_constant=_no_number,
            parse_int=_whole,
            object_pairs_hook=_once,
        )
        if not isinstance(entry, dict) or entry.get("format") != form:
            raise Wrong(f"is no {form}; must have format: {form}")
        if type(entry.get("version")) is not int or entry["version"] != VERSION:
            told = f"version = {entry.get('version')!r}: must be {VERSION}"
            raise Wrong(f"{told}, the one that this ddlib reads")
        return convert(entry)
    except OSError as error:
        line = f"{where.name}: cannot be read: {error.strerror or error}"
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        line = f"{where.name}: is no JSON ({error}); must be a {form}"
    except Wrong as error:
        line = f"{where.name}: {error}"
    raise TablesError([line])


def _no_number(text: str) -> float:
    """Refuse NaN and infinities, which are no JSON."""
    raise Wrong(f"has {text}; must have finite numbers alone")


def _whole(text: str) -> int:
    """Return a whole number, where it is no longer than one that rows could give."""
    if len(text) > _DIGITS:
        raise Wrong(f"has a whole number of {len(text)} digits; must have at most {_DIGITS}")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of an object, each of which must stand once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Wrong(f"{twice!r} stands twice in one object; must stand once")
    return found


def _summary(entry: Mapping[str, Any]) -> Summary:
    """Return the summary of a file's fields."""
    rows, least = count_of(entry, "rows", 1), _least(entry)
    shared = entry.get("scale") != OWN
    entries = list_of(entry, "columns")
    scale = own = scale_of(entries, whole=not shared)
    if shared:
        scale = scale_of(list_of(entry, "scale"))
        if [*map(_known, scale.columns)] != [*map(_known, own.columns)]:
            raise Wrong("scale: has other columns than the summary; must have the same")
    if entry.get("features") != [*scale.features]:
        raise Wrong("features: are not those of the columns; must be as ddlib summarize has them")
    pairs = zip(entries, own.columns, strict=True)
    margins = tuple(_margin(fields, column, rows) for fields, column in pairs)
    patterns = enumerate(list_of(entry, "patterns"), start=1)
    told = [_pattern(fields, place, scale, least or 1) for place, fields in patterns]
    if not told:
        raise Wrong("patterns: none; must be at least one")
    moments = Moments(scale.features, tuple(told))
    if faults := moments.faults():
        raise Wrong(faults[0])
    if moments.rows > rows:
        raise Wrong(f"patterns: of {moments.rows} rows; must be of at most {rows}, the site's")
    notes = tuple(str(line) for line in list_of(entry, "notes"))
    found = Summary(rows, least, margins, scale, shared, moments, notes)
    if faults := disagreements(found):
        raise Wrong(faults[0])
    return found


def _least(entry: Mapping[str, Any]) -> int | None:
    """Return the minimum count, None where noise takes its place."""
    if "minimum count" in entry and entry["minimum count"] is None:
        return None
    return count_of(entry, "minimum count", 1)


def _known(column: Column) -> tuple[Any, ...]:
    """Return what two entries of a column must have in common."""
    return column.name, column.kind, column.levels


def _margin(entry: Mapping[str, Any], column: Column, rows: int) -> ColumnMargin:
    """Return what is told of a column alone."""
    where = f"column {column.name!r}"
    seen = count_of(entry, "rows", 0, f"{where}: ")
    if seen > rows:
        raise Wrong(f"{where}: rows = {seen}: must be at most {rows}, those of the site")
    if column.kind not in WITH_LEVELS:
        return ColumnMargin(seen, law=law_of(entry, where))
    counts = list_of(entry, "rows of levels", f"{where}: ")
    whole = all(type(count) is int and count >= 0 for count in counts)
    if not whole or len(counts) != len(column.levels):
        wanted = f"must be {len(column.levels)} whole numbers, at least 0, one for each level"
        raise Wrong(f"{where}: rows of levels: {wanted}")
    if sum(counts) != seen:
        raise Wrong(f"{where}: rows of levels: sum to {sum(counts)}; must sum to {seen}, its rows")
    return ColumnMargin(seen, counts=np.array(counts, dtype=np.int64))


def _pattern(entry: Any, place: int, scale: Scale, least: int) -> Pattern:
    """Return a pattern, of which `Moments.faults` is still to be asked."""
    where = f"pattern {place}: "
    if not isinstance(entry, dict):
        raise Wrong(f"{where}must have columns, rows, sums and products")
    columns = list_of(entry, "columns", where)
    shown = np.array([name in columns for name in scale.names])
    if not columns or int(shown.sum()) != len(columns):
        raise Wrong(f"{where}columns: must be different ones of the summary, at least one")
    rows, seen = count_of(entry, "rows", least, where), scale.seen_features(shown)
    sums, lower = numbers_of(entry, "sums", where), list_of(entry, "products", where)
    sizes = [len(row) if isinstance(row, list) else -1 for row in lower]
    k = int(seen.sum())
    if len(sums) != k or sizes != [*range(1, k + 1)]:
        wanted = f"must be {k} sums, and of products the lower half of {k} by {k}"
        raise Wrong(f"{where}sums and products: shapes disagree; {wanted}")
    is_score = np.array([law is not None for law in scale.laws])[scale.owners[seen]]
    most = np.where(is_score, LARGEST_SCORE, 1.0) * rows + _ROUNDING * rows
    if (sums > most).any() or (sums < np.where(is_score, -most, -_ROUNDING * rows)).any():
        raise Wrong(f"{where}sums: are beyond those of {rows} rows; must be within them")
    half = np.zeros((k, k))
    for i, row in enumerate(lower):
        half[i, : i + 1] = numbers_of({"products": row}, "products", where)
    products = half + np.tril(half, -1).T
    if (np.abs(products) > LARGEST_SCORE**2 * rows * (1 + _ROUNDING)).any():
        raise Wrong(f"{where}products: are greater than those of {rows} rows; must be smaller")
    _check_sizes(products.diagonal(), sums, rows, is_score, where)
    return Pattern(seen, rows, sums, products)


def _check_sizes(
    squares: np.ndarray, sums: np.ndarray, rows: int, is_score: np.ndarray, where: str
) -> None:
    """Raise for sums that no scores within their bounds, or no levels, could have."""
    slack = _ROUNDING * rows
    if (squares > np.where(is_score, LARGEST_SCORE**2, 1.0) * rows + slack).any():
        raise Wrong(f"{where}products: are greater than those of {rows} rows; must be smaller")
    # A truth value is its own square.
    if not (is_score | (np.abs(squares - sums) <= slack)).all():
        raise Wrong(f"{where}sums of levels: must equal the products of each with itself")
