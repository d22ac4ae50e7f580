"""The command `ddlib merge` where sites sent summaries in place of rows, with a report."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ddlib.report.progress import progress
from ddlib.report.requests import Refused, checked_outputs, checked_settings, settings_of
from ddlib.report.results import files_of, written_text
from ddlib.report.summarize import read_summaries
from ddlib.report.writing import write_together
from ddlib.tables import Note

if TYPE_CHECKING:
    from ddlib.merge.merged import Merged
    from ddlib.report.typed import Command
    from ddlib.sites.scale import Scale
    from ddlib.sites.summary import Summary

FEWEST = 5
"""Rows for each column that private sums must be worth, not to be warned of."""
NO_ROWS = "sites that send summaries have no rows to keep aside"


def merge_told(command: Command) -> str:
    """Write rows merged from summaries, and from tables that are summarised on the way.

    Args:
        command: what was typed.

    Returns:
        What was written, and what asks for a decision.

    Raises:
        Refused: for arguments, summaries, tables and tasks that cannot be used.
    """
    arguments = command.arguments
    outputs, faults = checked_outputs(arguments)
    if arguments.splits:
        faults.append(f"--splits = {arguments.splits}: must be 0, as {NO_ROWS}")
    if arguments.source_column is not None:
        faults.append("--source-column: must be left out, as summaries are not told apart by rows")
    faults += _without_effect(arguments)
    with progress() as told:
        told.stage("reads the summaries")
        summaries, notes = _read(arguments, faults)
        told.stage("fits the model and makes the rows")
        merged = _merged(arguments, summaries)
        notes = [*notes, *_warn_of_noise(summaries, merged), *merged.notes]
        files = files_of(outputs, merged.rows, merged.pooled)
        if arguments.report is not None:
            from ddlib.report.told_page import told_page

            text = told_page(command, summaries, merged, notes, why_unscored=NO_ROWS)
            files[arguments.report] = lambda path: path.write_text(text, encoding="utf-8")
        told.stage("writes")
        write_together(files, force=arguments.force)
    return written_text(merged, _real(summaries), notes, list(files))


def _is_private(summaries: Mapping[str, Summary]) -> bool:
    """Whether noise protects the rows of a site."""
    return any(each.min_count is None for each in summaries.values())


def _real(summaries: Mapping[str, Summary]) -> str:
    """Return what rows are worth, with braces for the number of real ones."""
    if not _is_private(summaries):
        return "rows, of {} read"
    rows = sum(each.rows for each in summaries.values())
    return f"rows, of {{}} that the sums are worth after noise; the sites have about {rows}"


def _warn_of_noise(summaries: Mapping[str, Summary], merged: Merged) -> list[Note]:
    """Return a warning where noise leaves next to nothing."""
    worth, columns = merged.model.real_rows or 0, len(merged.schema.columns)
    if not _is_private(summaries) or worth >= FEWEST * columns:
        return []
    line = (
        f"after noise the sums are worth {worth} rows, for {columns} columns: the merged rows tell "
        "next to nothing; let the sites state fewer columns, or take a greater --epsilon"
    )
    return [Note("warning", line)]


def _without_effect(arguments: argparse.Namespace) -> list[str]:
    """Return the options that summaries cannot follow."""
    faults = [
        f"{name}: must be left out, as summaries have no visits and no single people"
        for name, given in (
            ("--id", arguments.person),
            ("--time", arguments.time),
            ("--link", arguments.link),
            ("--static", arguments.static or None),
            ("--slices", None if arguments.slices == "visits" else arguments.slices),
        )
        if given is not None
    ]
    tables = any(path.suffix.lower() != ".json" for path in arguments.tables)
    for name, given in (("--min-count", arguments.min_count), ("--settings", arguments.settings)):
        if given is not None and not tables:
            faults.append(f"{name}: must be left out, as each site said it when it summarised")
    return faults


def _read(
    arguments: argparse.Namespace, faults: Sequence[str]
) -> tuple[dict[str, Summary], list[Note]]:
    """Return label -> summary, of tables too, and notes on what was left out."""
    from ddlib.sites.read import is_summary
    from ddlib.sites.twice import same_people
    from ddlib.sites.units import (
        scale_numbers,
        warn_of_little_common,
        warn_of_scales,
        warn_of_units,
    )
    from ddlib.tables import TablesError
    from ddlib.tables.load import file_labels

    labels, twice = file_labels(arguments.tables)
    sent = {path: label for path, label in labels.items() if is_summary(path)}
    found, wrong = read_summaries(sent)
    options = [*faults, *twice]
    if len(sent) < len(labels):
        checked_settings(arguments, [*options, *wrong] if options else [])
    elif options:  # settings must be left out, and are not read
        raise Refused([*options, *wrong])
    shared = [each.scale for each in found.values() if each.shared]
    known = {*scale_numbers(found).values()} == {1}
    scale = shared[0] if known else None
    notes = [
        Note(_level(line), f"{label}: {line}", (), (label,))
        for label, each in found.items()
        for line in each.notes
    ]
    for path, label in ((p, one) for p, one in labels.items() if p not in sent):
        try:
            found[label], told = _summarised(arguments, path, scale)
            notes += [Note(n.level, f"{label}: {n.text}", n.columns, (label,)) for n in told]
        except TablesError as error:
            wrong += error.faults
    same, warned = same_people(found)
    if not wrong:  # else which columns there are is not known
        wrong = _task_faults(arguments, found)
    if wrong := [*wrong, *same]:
        raise Refused(wrong)
    odd = [*warn_of_little_common(found), *warn_of_units(found), *warn_of_scales(found)]
    return found, [*notes, *warned, *odd]


def _level(line: str) -> Literal["warning", "note"]:
    """Return how a note of a site is told: that a column lacks may be of weight to a task."""
    lost = line.endswith(": left out") or line.startswith("columns that ")
    return "warning" if lost else "note"


def _task_faults(arguments: argparse.Namespace, summaries: Mapping[str, Summary]) -> list[str]:
    """Return what is wrong with columns that clash, and with tasks, before a model is fitted."""
    from ddlib.merge.formula import TaskError, parse_tasks
    from ddlib.merge.summaries import scale_told
    from ddlib.tables import TablesError

    try:
        schema = scale_told(summaries).schema
        parse_tasks(arguments.tasks, schema)
    except TaskError as error:
        lost = {
            name: [label for label, each in summaries.items() if name in each.scale.names]
            for name in dict.fromkeys(n for each in summaries.values() for n in each.scale.names)
        }
        return [
            *error.faults,
            *(
                f"column {name!r}: is in {', '.join(labels)}, whose moments do not tell of it: too "
                "few rows show it, or one of its levels"
                for name, labels in lost.items()
                if any(f": {name!r} is no column;" in line for line in error.faults)
            ),
        ]
    except TablesError as error:
        return list(error.faults)
    return []


def _summarised(
    arguments: argparse.Namespace, path: Path, scale: Scale | None
) -> tuple[Summary, Sequence[Note]]:
    """Return the summary of a table, by the same code as a site's."""
    from ddlib.sites.moments import in_order
    from ddlib.sites.summary import summarise
    from ddlib.sites.tables import read_site

    settings = settings_of(arguments)
    rows = read_site([path], settings, scale)
    codes = in_order(rows.codes)
    return summarise(rows.schema, codes, scale=scale, min_count=settings.min_count), rows.notes


def _merged(arguments: argparse.Namespace, summaries: Mapping[str, Summary]) -> Merged:
    """Return the merged rows."""
    from ddlib.merge.formula import TaskError
    from ddlib.merge.summaries import merge_summaries
    from ddlib.tables import TablesError

    try:
        return merge_summaries(
            summaries,
            arguments.tasks,
            num_rows=arguments.rows,
            weights=arguments.weights,
            num_draws=arguments.draws,
            seed=arguments.seed,
        )
    except (TaskError, TablesError) as error:
        raise Refused(error.faults) from None
    except ValueError as error:
        raise Refused([str(error).replace("num_rows", "--rows")]) from error
