"""The summary of files that do not fit into memory, in two passes over their rows.

The first pass counts levels and patterns, and adds up laws of numbers batch by batch; the second
adds up moments. Kinds and levels are those of the first rows, unless a shared scale says them: a
level that comes later is read as missing. A law is of up to `SAMPLE` rows of each batch, evenly
spaced: of a million rows in all its shares are off by 0.1 % at most, with a probability of 95 %
(the Kolmogorov distance, 1.36/√n).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ddlib.sites.alike import Alike
from ddlib.sites.batches import Batches, head
from ddlib.sites.features import features_of
from ddlib.sites.moments import Moments, Pattern, row_patterns
from ddlib.sites.patterns import joined
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.rare import without_rare_groups
from ddlib.sites.scale import Scale
from ddlib.sites.summary import ColumnMargin, Summary
from ddlib.tables import Column, Settings, read_sources
from ddlib.tables.columns import WITH_LEVELS
from ddlib.tables.faults import number_of

SAMPLE = 50_000
"""Rows of a batch that a law is of, at most."""

HEAD = 100_000  # rows from which kinds and levels are told
_WORKERS = 2  # batches that are worked on at once


@dataclass
class _Margins:
    """What the first pass adds up."""

    columns: tuple[Column, ...]
    min_count: int
    rows: int = 0
    seen: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    counts: list[np.ndarray] = field(default_factory=list)
    laws: list[list[tuple[Quantiles, int]]] = field(default_factory=list)
    patterns: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.seen = np.zeros(len(self.columns), dtype=np.int64)
        self.counts = [np.zeros(len(column.levels), dtype=np.int64) for column in self.columns]
        self.laws = [[] for _ in self.columns]

    def add(self, codes: np.ndarray) -> None:
        """Add a batch."""
        shown = ~np.isnan(codes)
        self.rows += len(codes)
        self.seen += shown.sum(0)
        patterns, place = row_patterns(shown)
        for pattern, count in zip(patterns, np.bincount(place).tolist(), strict=True):
            key = pattern.tobytes()
            self.patterns[key] = self.patterns.get(key, 0) + count
        for j, (column, own) in enumerate(zip(self.columns, shown.T, strict=True)):
            if column.kind in WITH_LEVELS:
                levels = codes[own, j].astype(np.int64)
                self.counts[j] += np.bincount(levels, minlength=len(column.levels))
                continue
            values = codes[own, j]
            sample = values[:: -(-len(values) // SAMPLE) or 1]
            if len(sample) >= self.min_count:
                law = Quantiles.of(sample, group=self.min_count)
                self.laws[j].append((law, len(values)))

    def margins(self) -> tuple[ColumnMargin, ...]:
        """Return the margins of all rows."""
        return tuple(
            ColumnMargin(int(self.seen[j]), counts=self.counts[j])
            if column.kind in WITH_LEVELS
            else ColumnMargin(int(self.seen[j]), law=_mixed(self.laws[j]))
            for j, column in enumerate(self.columns)
        )


def summarise_files(
    paths: Sequence[str | os.PathLike[str]],
    settings: Settings,
    scale: Scale | None = None,
    *,
    rows: int | None = None,
) -> Summary:
    """Return the summary of a site's Parquet files, of any size.

    Args:
        paths: Parquet files with rows of one site.
        settings: what is said of them.
        scale: that sites share, if they do.
        rows: of a batch; a number that fits into memory many times unless told.

    Raises:
        TablesError: for all that is wrong with the first rows, and for a column that is no number.
    """
    files = tuple(map(Path, paths))
    if scale is None:
        first = {files[0].name: head(files[0], HEAD)}
        columns = read_sources(first, settings, alone=True).schema.without_keys().columns
    else:
        columns = scale.columns
    batches = Batches(files, columns, settings)
    batches = batches if rows is None else replace(batches, rows=rows)
    found = _Margins(columns, settings.min_count)
    for codes in batches:
        found.add(codes)
    margins = found.margins()
    own = Scale.of(columns, [margin.law for margin in margins]) if scale is None else scale
    seen = np.array([np.frombuffer(key, dtype=bool) for key in found.patterns])
    counts = np.array([*found.patterns.values()])
    kept = joined(seen, counts, min_count=settings.min_count, fill=False).kept
    keeps = dict(zip(found.patterns, kept, strict=True))
    alike = Alike(own, settings.min_count)
    parts = _each(batches, alike, keeps)
    whole = Moments.added(own.features, (pattern for part in parts for pattern in part))
    moments, told = without_rare_groups(whole, own, alike, min_count=settings.min_count)
    lost = int((counts * (seen & ~kept).sum(1)).sum())
    line = (
        f"patterns of missing cells in fewer than {settings.min_count} rows joined to others: "
        f"{number_of(lost, 'cell')} left out of the moments"
    )
    notes = (*([line] if lost else []), *told)
    return Summary(found.rows, settings.min_count, margins, own, scale is not None, moments, notes)


def _each(
    batches: Iterable[np.ndarray], alike: Alike, keeps: dict[bytes, np.ndarray]
) -> Iterator[tuple[Pattern, ...]]:
    """Return the patterns of one batch after the other, and add to what their rows share.

    A few batches are worked on at once.
    """
    scale = alike.scale

    def patterns(codes: np.ndarray) -> tuple[tuple[Pattern, ...], Alike]:
        seen, place = row_patterns(~np.isnan(codes))
        kept = np.array([keeps[pattern.tobytes()] for pattern in seen])
        shown = codes
        for column in np.nonzero((kept != seen).any(0))[0]:
            shown[~kept[place, column], column] = np.nan
        features = features_of(scale, shown)
        own = Alike.of(scale, features, min_count=alike.min_count)
        return Moments.of(scale.features, features).patterns, own

    def added(part: tuple[tuple[Pattern, ...], Alike]) -> tuple[Pattern, ...]:
        alike.add(part[1])
        return part[0]

    waiting = []
    with ThreadPoolExecutor(_WORKERS) as workers:
        for codes in batches:
            waiting.append(workers.submit(patterns, codes))
            if len(waiting) > _WORKERS:
                yield added(waiting.pop(0).result())
        for each in waiting:
            yield added(each.result())


def _mixed(laws: Sequence[tuple[Quantiles, int]]) -> Quantiles | None:
    """Return the law of all batches, None where none showed the column."""
    if not laws:
        return None
    return Quantiles.mixed([law for law, _ in laws], [rows for _, rows in laws])
