"""The commands `ddlib check` and `ddlib merge`, from their arguments to files and exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.html.markup import printable
from ddlib.report.progress import Progress, progress
from ddlib.report.requests import (
    Refused,
    any_of_visits,
    checked_outputs,
    checked_sources,
    count_of,
    settings_file_faults,
    settings_of,
)
from ddlib.report.results import files_of, written_text
from ddlib.report.typed import Command
from ddlib.report.writing import write_together

if TYPE_CHECKING:
    from ddlib.merge.merged import Merged
    from ddlib.report.rerun_section import Input
    from ddlib.tables import Note, Sources

REFUSED, FAILED, STOPPED = 2, 1, 130
"""Exit codes: what was asked is impossible; the work failed; stopped by its user."""


def execute(command: Command) -> int:
    """Run `ddlib check`, `ddlib merge`, `ddlib summarize`, `ddlib scale` or `ddlib distil`.

    Args:
        command: what was typed.

    Returns:
        The exit code: 0; 1 where the work failed; 2, with a line for each fault on stderr, where
        the command is refused; 130 where it was stopped. Nothing is written then.
    """
    from ddlib.report.distil import distil
    from ddlib.report.summarize import scale, summarize

    arguments = command.arguments
    runs = {
        "check": lambda: check(command),
        "merge": lambda: merge(command),
        "summarize": lambda: summarize(arguments),
        "scale": lambda: scale(arguments),
        "distil": lambda: distil(command),
    }
    try:
        text = runs[arguments.command]()
    except Refused as refused:
        print(printable(refused), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return STOPPED
    except (ArithmeticError, MemoryError, OSError) as error:
        told = str(error) or type(error).__name__
        print(f"failed: {told}; nothing was written", file=sys.stderr)
        return FAILED
    print(text, end="")
    return 0


def check(command: Command) -> str:
    """Return what is found in tables, and write it as settings where that is asked for.

    Args:
        command: what was typed.

    Raises:
        Refused: for arguments and tables that cannot be used.
    """
    arguments = command.arguments
    faults = [*count_of(arguments), *settings_file_faults(arguments)]
    with progress() as told:
        told.stage("reads the tables")
        if any_of_visits(arguments):
            from ddlib.report.visits_check import check_visits

            return check_visits(arguments, faults)
        sources = checked_sources(arguments, faults)
        from ddlib.report.check import check_text

        text, place = check_text(sources), arguments.write_settings
        if place is None:
            return text
        from ddlib.tables.written import settings_text

        told.stage("writes")
        said = settings_text(sources, arguments.tables, settings_of(arguments))
        write_together(
            {place: lambda path: path.write_text(said, encoding="utf-8")}, force=arguments.force
        )
    return f"{text}\nThe settings are in {printable(place)}: change what is meant differently.\n"


def merge(command: Command) -> str:
    """Write merged rows, the coefficients of their tasks, and a report.

    Args:
        command: what was typed.

    Returns:
        What was written, and what asks for a decision.

    Raises:
        Refused: for arguments, tables and tasks that cannot be used.
    """
    arguments = command.arguments
    if any(path.suffix.lower() == ".json" for path in arguments.tables):
        from ddlib.report.told import merge_told

        return merge_told(command)
    outputs, faults = checked_outputs(arguments)
    if any_of_visits(arguments):
        from ddlib.report.visits_command import merge_visits_of

        with progress() as told:
            return merge_visits_of(command, outputs, faults, told)
    with progress() as told:
        told.stage("reads the tables")
        sources = checked_sources(arguments, faults)
        told.stage("fits the model and makes the rows")
        merged = _merged(arguments, sources)
        files = files_of(outputs, merged.rows, merged.pooled)
        notes: Sequence[Note] = (*sources.notes, *merged.notes)
        if arguments.report is not None:
            text, notes = _report(command, sources, merged, told)
            files[arguments.report] = lambda path: path.write_text(text, encoding="utf-8")
        told.stage("writes")
        write_together(files, force=arguments.force)
    return written_text(merged, "rows, of {} read", notes, list(files))


def _merged(arguments: argparse.Namespace, sources: Sources) -> Merged:
    """Return the merged rows."""
    from ddlib.merge.merged import merge

    try:
        return merge(
            sources,
            arguments.tasks,
            num_rows=arguments.rows,
            weights=arguments.weights,
            num_draws=arguments.draws,
            min_count=settings_of(arguments).min_count,
            seed=arguments.seed,
        )
    except ValueError as error:
        told = str(error).replace("num_rows", "--rows").replace("weights=False", "--no-weights")
        raise Refused([told]) from error


def _report(
    command: Command, sources: Sources, merged: Merged, told: Progress
) -> tuple[str, Sequence[Note]]:
    """Return the report, and the notes in it."""
    from ddlib.report.document import report_page
    from ddlib.report.findings import Origin, report_of
    from ddlib.report.judging import judge, splits_for

    arguments = command.arguments
    splits = splits_for(sources) if arguments.splits is None else arguments.splits
    stage = "scores the tasks on rows kept aside"
    told.stage(stage)
    held, near = judge(
        sources,
        merged,
        num_splits=splits,
        weights=arguments.weights,
        progress=lambda count: told.stage(f"{stage}, {count} of {splits} splits done"),
    )
    told.stage("writes the report")
    origin = Origin(
        inputs=_inputs(sources, arguments.tables),
        output=arguments.out.name,
        command=command.line,
        made=date.today(),
        version=command.version,
        least=settings_of(arguments).min_count,
    )
    report = report_of(sources, merged, held, near, origin)
    return report_page(report), report.notes


def _inputs(sources: Sources, paths: Sequence[Path]) -> list[Input]:
    """Return the tables as they were read."""
    from ddlib.report.rerun_section import Input

    rows = sources.lengths or {label: len(table) for label, table in sources.tables.items()}
    return [
        Input.of(label, length, path)
        for (label, length), path in zip(rows.items(), paths, strict=True)
    ]
