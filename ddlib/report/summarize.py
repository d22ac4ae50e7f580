"""The commands `ddlib summarize` and `ddlib scale`: what a site sends, and what sites agree on."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.html.markup import printable
from ddlib.report.private import ONLY_PRIVATE, summarize_private
from ddlib.report.progress import progress
from ddlib.report.requests import Refused, checked_settings, copies, count_of, refuse
from ddlib.report.writing import output_faults, write_together

if TYPE_CHECKING:
    from ddlib.sites.scale import Scale
    from ddlib.sites.summary import Summary
    from ddlib.tables import Note, Settings

LARGE = 500_000
"""Rows of Parquet files beyond which they are read in batches, twice, rather than whole."""


def summarize(arguments: argparse.Namespace) -> str:
    """Write what a site tells in place of its rows.

    Args:
        arguments: `tables`, `out`, `scale`, `settings`, `min_count` and `force`; and of a private
            summary `epsilon`, `delta`, `bounds`, `ledger` and `budget`.

    Returns:
        What was written, and what asks for a decision.

    Raises:
        Refused: for arguments and tables that cannot be used.
    """
    from ddlib.sites.read import read_scale
    from ddlib.sites.write import summary_text
    from ddlib.tables import TablesError

    if arguments.epsilon is not None:
        return summarize_private(arguments)
    faults = _output_faults(arguments, [arguments.settings, arguments.scale])
    faults += count_of(arguments)
    given = [name for name in ONLY_PRIVATE if getattr(arguments, name) is not None]
    faults += [f"--{name}: is for private summaries; must come with --epsilon" for name in given]
    with progress() as told:
        told.stage("reads the tables")
        settings = checked_settings(arguments, faults)
        refuse(copies(arguments.tables))
        try:
            scale = None if arguments.scale is None else read_scale(arguments.scale)
            summary, notes = _summary(arguments.tables, settings, scale)
        except TablesError as error:
            raise Refused(error.faults) from None
        _write(arguments, summary_text(summary))
    return _told(arguments.out, summary, notes)


def _summary(
    paths: Sequence[Path], settings: Settings, scale: Scale | None
) -> tuple[Summary, Sequence[Note]]:
    """Return the summary of a site's tables, in batches where they are large; and notes."""
    from ddlib.sites.batches import num_rows
    from ddlib.sites.stream import summarise_files
    from ddlib.sites.summary import summarise
    from ddlib.sites.tables import read_site

    if num_rows(paths) > LARGE:
        return summarise_files(paths, settings, scale), ()
    rows = read_site(paths, settings, scale)
    summary = summarise(
        rows.schema,
        rows.codes,
        scale=scale,
        min_count=settings.min_count,
        notes=_pooled(rows.notes, settings.min_count),
    )
    return summary, rows.notes


def scale(arguments: argparse.Namespace) -> str:
    """Write the scale of several summaries, on which the moments of all their sites add up.

    Args:
        arguments: `summaries`, `out` and `force`.

    Returns:
        What was written.

    Raises:
        Refused: for arguments and summaries that cannot be used.
    """
    from ddlib.sites.common import common_scale
    from ddlib.sites.units import warn_of_units
    from ddlib.sites.write import scale_text
    from ddlib.tables import TablesError
    from ddlib.tables.load import file_labels

    faults = _output_faults(arguments, arguments.summaries)
    labels, twice = file_labels(arguments.summaries)
    found, wrong = read_summaries(labels)
    refuse([*faults, *twice, *wrong])
    try:
        shared = common_scale(found)
    except TablesError as error:
        raise Refused(error.faults) from None
    _write(arguments, scale_text(shared))
    return "\n".join(
        [
            str(arguments.out),
            f"{len(shared.columns)} columns of {len(found)} sites; each site now runs",
            f"ddlib summarize ITS_TABLE --scale {arguments.out.name} --out ITS_SUMMARY.json",
            *(f"warning: {printable(note.text)}" for note in warn_of_units(found)),
            "",
        ]
    )


def read_summaries(labels: Mapping[Path, str]) -> tuple[dict[str, Summary], list[str]]:
    """Return label -> summary of files, and what is wrong with those that are none.

    Args:
        labels: file -> label.
    """
    from ddlib.sites.read import read_summary
    from ddlib.tables import TablesError

    found: dict[str, Summary] = {}
    wrong: list[str] = []
    for path, label in labels.items():
        try:
            found[label] = read_summary(path)
        except TablesError as error:
            wrong += error.faults
    return found, wrong


def _output_faults(arguments: argparse.Namespace, read: Sequence[Path | None]) -> list[str]:
    """Return what is wrong with the file that is to be written."""
    inputs = [*getattr(arguments, "tables", ()), *filter(None, read)]
    faults = output_faults({"--out": arguments.out}, inputs, force=arguments.force)
    if arguments.out.suffix.lower() != ".json":
        faults.append(f"--out = {arguments.out}: must end in .json")
    return faults


def _write(arguments: argparse.Namespace, text: str) -> None:
    """Write the one file of a command."""
    write_together(
        {arguments.out: lambda path: path.write_text(text, encoding="utf-8")},
        force=arguments.force,
    )


def _pooled(notes: Sequence[Note], min_count: int) -> list[str]:
    """Return the notes on rare levels, which name none; other notes may tell of single rows."""
    return [note.text for note in notes if f"in fewer than {min_count} rows" in note.text]


def _told(out: Path, summary: Summary, notes: Sequence[Note]) -> str:
    """Return what was written, and what asks for a decision."""
    from ddlib.tables.faults import number_of

    shown = sum(margin.seen > 0 for margin in summary.margins)
    warned = [note.text for note in notes if note.level == "warning"]
    lines = [
        str(out),
        f"{number_of(summary.rows, 'row')} of {number_of(shown, 'column')} in "
        f"{number_of(len(summary.moments.patterns), 'pattern')} of what they show; the file is "
        "text: read it before it leaves the site",
        *(f"note: {line}" for line in summary.notes if line not in warned),
        *(f"warning: {line}" for line in warned),
    ]
    return "\n".join([*map(printable, lines), ""])
