"""The summary of files that do not fit into memory, in two passes over their rows or more.

The first pass counts patterns and levels, and adds up laws of numbers batch by batch; the second
adds up moments. Where a column may be told of fewer rows (`ddlib.sites.settle`), a pass has its
law, and another one the moments on the new scale. Kinds and levels are those of the first rows,
unless a shared scale says them: a level that comes later is read as missing. A law is of up to
`SAMPLE` rows of each batch, evenly spaced: of a million rows in all its shares are off by 0.1 % at
most, with a probability of 95 % (the Kolmogorov distance, 1.36/√n).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from ddlib.sites.alike import Alike
from ddlib.sites.batches import Batches, head
from ddlib.sites.features import features_of
from ddlib.sites.moments import Moments, Pattern, row_patterns
from ddlib.sites.patterns import joined
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.sites.settle import ColumnMargin, Counts, Cut, settle
from ddlib.sites.summary import Summary, joining_notes
from ddlib.tables import Column, Settings, read_sources
from ddlib.tables.columns import WITH_LEVELS

SAMPLE = 50_000
"""Rows of a batch that a law is of, at most."""

HEAD = 100_000  # rows from which kinds and levels are told
_WORKERS = 2  # batches that are worked on at once


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
        TablesError: for all that is wrong with the first rows, such as levels of which a scale has
            none, and for a column that is no number.
    """
    files = tuple(map(Path, paths))
    if scale is None:
        first = {files[0].name: head(files[0], HEAD)}
        columns = read_sources(first, settings, alone=True).schema.without_keys().columns
    else:
        columns = scale.columns
    batches = Batches(files, columns, settings)
    if scale is not None:
        batches.check_levels()
    found = _Files(batches if rows is None else replace(batches, rows=rows))
    lost = joining_notes(*found.join(), settings.min_count)
    told = settle(found, scale, min_count=settings.min_count)
    return Summary(
        rows=told.moments.rows,
        min_count=settings.min_count,
        margins=told.margins,
        scale=told.scale,
        shared=scale is not None,
        moments=told.moments,
        notes=(*lost, *told.notes),
    )


class _Files:
    """Rows of files, as `ddlib.sites.settle.Rows` has them, in a first pass.

    Args:
        batches: of the rows.

    Attributes:
        columns: of the rows.
    """

    def __init__(self, batches: Batches) -> None:
        """Count patterns and levels, and add up laws of all rows."""
        self._batches, self._least = batches, batches.settings.min_count
        self.columns: tuple[Column, ...] = batches.columns
        sizes = [len(c.levels) if c.kind in WITH_LEVELS else 1 for c in self.columns]
        self._ends = np.cumsum(sizes)[:-1]
        self._numbers = [j for j, c in enumerate(self.columns) if c.kind not in WITH_LEVELS]
        counts: dict[bytes, np.ndarray] = {}
        parts: dict[int, list[tuple[Quantiles, int]]] = {j: [] for j in self._numbers}
        for codes in batches:
            seen, place = row_patterns(~np.isnan(codes))
            for pattern, own in zip(seen, self._counted(codes, place, len(seen)), strict=True):
                key = pattern.tobytes()
                counts[key] = counts[key] + own if key in counts else own
            for j in self._numbers:
                parts[j] += self._laws_of(codes[:, j])
        self._seen = np.array([np.frombuffer(key, dtype=bool) for key in counts])
        table = np.array([*counts.values()])
        self._rows, self._counts = table[:, 0], table[:, 1:]
        self._kept = self._seen
        # By the number of a column and the patterns whose rows a law is of.
        self._laws = {(j, self._seen[:, j].tobytes()): _mixed(own) for j, own in parts.items()}

    def _counted(self, codes: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
        """Return, of each pattern, its rows, and rows of each level or number, `(k, 1 + c)`."""
        found = [np.bincount(place, minlength=size)[:, None]]
        for column, own in zip(self.columns, codes.T, strict=True):
            shown = ~np.isnan(own)
            width = len(column.levels) if column.kind in WITH_LEVELS else 1
            level = own[shown].astype(np.int64) if column.kind in WITH_LEVELS else 0
            cells = place[shown] * width + level
            found.append(np.bincount(cells, minlength=size * width).reshape(size, width))
        return np.hstack(found)

    def _laws_of(self, values: np.ndarray) -> list[tuple[Quantiles, int]]:
        """Return the law of a batch's values and how many there are, none where they are few."""
        shown = values[~np.isnan(values)]
        sample = shown[:: -(-len(shown) // SAMPLE) or 1]
        if len(sample) < self._least:
            return []
        return [(Quantiles.of(sample, group=self._least), len(shown))]

    def join(self) -> tuple[int, int]:
        """Give up what lets a pattern stand out; return how many cells, and rows without any."""
        kept = joined(self._seen, self._rows, min_count=self._least, fill=False).kept
        lost = self._seen & ~kept
        gone = lost.any(1) & ~kept.any(1)
        self._kept = kept
        return int(self._rows @ lost.sum(1)), int(self._rows[gone].sum())

    def _told(self, whole: np.ndarray) -> np.ndarray:
        """Return the patterns whose rows columns are told of, bool `(k, p)`."""
        shown = np.asarray(self._kept.any(1))
        return self._kept | (self._seen & shown[:, None] & whole)

    def _sums(self, whole: np.ndarray) -> list[np.ndarray]:
        """Return, of each column, the rows of its levels, or those that show a number."""
        told = self._told(whole).T.astype(np.int64)
        parts = np.split(self._counts, self._ends, axis=1)
        return [own @ part for own, part in zip(told, parts, strict=True)]

    def counts(self) -> Counts:
        """Return how many rows there are of what."""
        every = np.ones(len(self.columns), dtype=bool)
        rows = int(self._rows[self._kept.any(1)].sum())
        return Counts(rows, self._sums(every), self._sums(~every))

    def margins(self, whole: np.ndarray) -> tuple[ColumnMargin, ...]:
        """Return margins, of all rows of patterns or of what is kept."""
        told = self._told(whole)
        keys = {j: (j, told[:, j].tobytes()) for j in self._numbers}
        if lacking := [j for j, key in keys.items() if key not in self._laws]:
            self._add_laws(lacking, told)
        return tuple(
            ColumnMargin(int(own.sum()), law=self._laws[keys[j]])
            if j in keys
            else ColumnMargin(int(own.sum()), counts=own)
            for j, own in enumerate(self._sums(whole))
        )

    def _add_laws(self, numbers: Sequence[int], told: np.ndarray) -> None:
        """Find laws of columns over rows of some patterns, in a pass."""
        parts: dict[int, list[tuple[Quantiles, int]]] = {j: [] for j in numbers}
        wanted = dict(zip(map(np.ndarray.tobytes, self._seen), told, strict=True))
        for codes in self._batches:
            shown = _cut(codes, wanted)
            for j in numbers:
                parts[j] += self._laws_of(shown[:, j])
        for j, own in parts.items():
            self._laws[j, told[:, j].tobytes()] = _mixed(own)

    def moments(self, scale: Scale) -> tuple[Moments, Alike]:
        """Return moments of what is kept, in a pass."""
        names = [column.name for column in self.columns]
        places = [names.index(name) for name in scale.names]
        keeps = dict(zip(map(np.ndarray.tobytes, self._seen), self._kept, strict=True))
        alike = Alike(scale, self._least)
        shown = (_cut(codes, keeps)[:, places] for codes in self._batches)
        parts = [*_each(shown, alike)]
        return Moments.added(scale.features, (p for part in parts for p in part)), alike

    def give_up(self, cut: Cut) -> None:
        """Give up cells."""
        self._kept = cut(self._kept)


def _cut(codes: np.ndarray, keeps: dict[bytes, np.ndarray]) -> np.ndarray:
    """Return the codes of a batch without what is given up, in place of them."""
    seen, place = row_patterns(~np.isnan(codes))
    kept = np.array([keeps[pattern.tobytes()] for pattern in seen])
    for column in np.nonzero((kept != seen).any(0))[0]:
        codes[~kept[place, column], column] = np.nan
    return codes


def _each(batches: Iterable[np.ndarray], alike: Alike) -> Iterator[tuple[Pattern, ...]]:
    """Return the patterns of one batch after the other, and add to what their rows share.

    A few batches are worked on at once.
    """
    scale = alike.scale

    def patterns(codes: np.ndarray) -> tuple[tuple[Pattern, ...], Alike]:
        features = features_of(scale, codes)
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
