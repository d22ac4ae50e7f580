"""Batches of rows of Parquet files as codes, so that no file has to fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ddlib.sites.common import levels_clash
from ddlib.tables import Column, Settings, TablesError
from ddlib.tables.columns import WITH_LEVELS, days, other_of, value_text
from ddlib.tables.files import PARQUETS

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 250_000
"""Rows of a batch."""


@dataclass(frozen=True)
class Batches:
    """The rows of Parquet files, batch by batch, as codes of columns.

    Attributes:
        paths: of the files, which may lack columns.
        columns: whose codes are read.
        settings: names, units, levels and codes for missing.
        rows: of a batch, at most.
    """

    paths: tuple[Path, ...]
    columns: tuple[Column, ...]
    settings: Settings
    rows: int = BATCH

    def __iter__(self) -> Iterator[np.ndarray]:
        """Return the codes `(n, p)` of one batch after the other, NaN where missing."""
        for label, found, rows in self._arrays():
            yield self._codes(label, found, rows)

    def check_levels(self) -> None:
        """Look at levels of the first batch, as a scale may have others.

        Raises:
            TablesError: for columns of which no level is one of the column's, a line each.
        """
        label, found, _ = next(self._arrays())
        faults: list[str] = []
        for column in self.columns:
            if column.kind not in WITH_LEVELS or column.name not in found:
                continue
            texts = _texts(column, found[column.name], self.settings, label)
            own = sorted({text for text in texts if text is not None})
            if own and not {*own} & {*map(value_text, column.levels)}:
                ways = {"the scale": column.levels, label: own}
                faults.append(f"column {column.name!r}: {levels_clash(column.name, ways)}")
        if faults:
            raise TablesError(faults)

    def _arrays(self) -> Iterator[tuple[str, dict[str, pa.Array], int]]:
        """Return, of one batch after the other, its file, its columns and its number of rows."""
        from pyarrow import parquet

        for path in self.paths:
            file = parquet.ParquetFile(path)
            new = self.settings.renamed(path.name)
            wanted = {column.name for column in self.columns}
            names = [n for n in file.schema_arrow.names if new.get(n, n) in wanted]
            for batch in file.iter_batches(batch_size=self.rows, columns=names):
                found = {str(new.get(n, n)): batch.column(n) for n in names}
                yield path.name, found, batch.num_rows

    def _codes(self, label: str, found: dict[str, pa.Array], rows: int) -> np.ndarray:
        """Return the codes of a batch."""
        codes = np.full((rows, len(self.columns)), np.nan, order="F")  # column after column
        for place, column in enumerate(self.columns):
            if column.name in found:
                codes[:, place] = _encoded(column, found[column.name], self.settings, label)
        return codes


def num_rows(paths: Sequence[str | os.PathLike[str]]) -> int:
    """Return the rows of files where all are Parquet, else 0.

    Args:
        paths: of files.
    """
    import pyarrow as pa
    from pyarrow import parquet

    if any(Path(path).suffix.lower() not in PARQUETS for path in paths):
        return 0
    try:
        return sum(parquet.read_metadata(path).num_rows for path in paths)
    except (pa.ArrowException, OSError):  # which the reader of tables tells in words
        return 0


def head(path: Path, rows: int) -> pd.DataFrame:
    """Return the first rows of a Parquet file.

    Args:
        path: of the file.
        rows: at most.
    """
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    names = [n for n in file.schema_arrow.names if not n.startswith("__index_level_")]
    batch = next(file.iter_batches(batch_size=rows, columns=names))
    return batch.to_pandas()


def _encoded(column: Column, values: pa.Array, settings: Settings, label: str) -> np.ndarray:
    """Return the codes of a column of a batch."""
    import pyarrow as pa

    if column.kind in WITH_LEVELS:
        return _levels(column, values, settings, label)
    if column.kind == "date":
        return days(pd.to_datetime(values.to_pandas()))
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise TablesError([f"{label}: column {column.name!r}: is {kind}; must be numbers"])
    codes = np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    for code in settings.missing_in(column.name):
        codes = np.where(codes == code, np.nan, codes) if not isinstance(code, str) else codes
    factor, offset = settings.unit_in(label, column.name)
    return codes if (factor, offset) == (1.0, 0.0) else codes * factor + offset


def _levels(column: Column, values: pa.Array, settings: Settings, label: str) -> np.ndarray:
    """Return the codes of levels; one that the column lacks is "other", or missing."""
    places = {value_text(level): float(place) for place, level in enumerate(column.levels)}
    rest = places.get(other_of(column.levels) or "", np.nan)
    texts = _texts(column, values, settings, label)
    found = [np.nan if text is None else places.get(text, rest) for text in texts]
    encoded = _encoded_once(values)
    indices: Any = encoded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    return np.array([*found, np.nan])[indices]


def _encoded_once(values: pa.Array) -> Any:
    """Return values as places in the list of the distinct ones."""
    return values if hasattr(values, "dictionary") else values.dictionary_encode()


def _texts(column: Column, values: pa.Array, settings: Settings, label: str) -> list[str | None]:
    """Return the distinct levels of a batch as texts, by the names set; None where missing."""
    renamed = {value_text(old): new for old, new in settings.levels_in(label, column.name).items()}
    found: list[str | None] = []
    for value in _encoded_once(values).dictionary.to_pylist():
        is_missing = value is None or value in settings.missing_in(column.name)
        found.append(None if is_missing else value_text(renamed.get(value_text(value), value)))
    return found
