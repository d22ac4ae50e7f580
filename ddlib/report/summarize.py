"""The commands `ddlib summarize` and `ddlib scale`: what a site sends, and what sites agree on."""

from __future__ import annotations

import argparse
import shlex
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
    from ddlib.sites.moments import in_order
    from ddlib.sites.stream import summarise_files
    from ddlib.sites.summary import summarise
    from ddlib.sites.tables import read_site

    if num_rows(paths) > LARGE:
        return summarise_files(paths, settings, scale), ()
    rows = read_site(paths, settings, scale)
    summary = summarise(
        rows.schema,
        in_order(rows.codes),
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
    from ddlib.sites.twice import same_people
    from ddlib.sites.units import warn_of_little_common, warn_of_units
    from ddlib.sites.write import scale_text
    from ddlib.tables import TablesError
    from ddlib.tables.load import file_labels

    faults = _output_faults(arguments, arguments.summaries)
    labels, twice = file_labels(arguments.summaries)
    found, wrong = read_summaries(labels)
    same, warned = same_people(found)
    faults += [*twice, *wrong, *same]
    try:
        shared = common_scale(found) if not wrong else None
    except TablesError as error:
        raise Refused([*faults, *error.faults]) from None
    if faults or shared is None:
        raise Refused(faults)
    _write(arguments, scale_text(shared))
    notes = [*warned, *warn_of_units(found), *warn_of_little_common(found)]
    lines = [
        str(arguments.out),
        *_scale_advice(arguments.out, shared, found),
        *(f"warning: {note.text}" for note in notes),
    ]
    return "\n".join([*map(printable, lines), ""])


def _scale_advice(out: Path, shared: Scale, found: Mapping[str, Summary]) -> list[str]:
    """Return what sites do next, where it makes sense to share this scale."""
    from ddlib.tables.faults import number_of

    told = f"{number_of(len(shared.columns), 'column')} of {number_of(len(found), 'site')}; "
    noisy = [label for label, each in found.items() if each.min_count is None]
    if all(each.shared and each.scale.is_same(shared) for each in found.values()):
        return [f"{told}these summaries are on this scale already: merge them as they are"]
    if len(noisy) == len(found):
        return [f"{told}summaries with noise take no scale: merge them as they are"]
    lines = [
        f"{told}each site now runs",
        f"ddlib summarize ITS_TABLE --scale {shlex.quote(out.name)} --out ITS_SUMMARY.json",
    ]
    if noisy:
        line = f"note: {', '.join(noisy)}: with noise, which takes no scale: to be merged as it is"
        lines.append(line)
    if len(found) == 1:
        lines.append(
            "warning: the scale of one site has no other site's columns, which that site would "
            "leave out: name the summaries of all sites"
        )
    return lines


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
    told = f"in fewer than {min_count} rows", f"no two levels have {min_count} rows"
    return [note.text for note in notes if any(words in note.text for words in told)]


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
