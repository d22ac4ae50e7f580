"""The commands `ddlib check` and `ddlib merge`, from their arguments to files and exit codes."""

from __future__ import annotations

import argparse
import hashlib
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.report.progress import Progress, progress
from ddlib.report.requests import (
    Refused,
    checked_outputs,
    checked_sources,
    count_of,
    settings_of,
)
from ddlib.report.writing import Write, write_together

if TYPE_CHECKING:
    from ddlib.merge import Merged
    from ddlib.tables import Sources

REFUSED, FAILED, STOPPED = 2, 1, 130
"""Exit codes: what was asked is impossible; the work failed; stopped by its user."""


def execute(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    """Run `ddlib check` or `ddlib merge`.

    Args:
        arguments: as `ddlib.cli` parsed them.
        words: as they were typed, the command among them.

    Returns:
        The exit code: 0; 1 where the work failed; 2, with a line for each fault on stderr, where
        the command is refused; 130 where it was stopped. Nothing is written then.
    """
    commands: dict[str, Callable[[], None]] = {
        "check": lambda: check(arguments),
        "merge": lambda: merge(arguments, words),
    }
    try:
        commands[arguments.command]()
    except Refused as refused:
        print(refused, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return STOPPED
    except (ArithmeticError, MemoryError, OSError) as error:
        told = str(error) or type(error).__name__
        print(f"failed: {told}; nothing was written", file=sys.stderr)
        return FAILED
    return 0


def check(arguments: argparse.Namespace) -> None:
    """Print what is found in tables.

    Args:
        arguments: `tables`, `settings` and `min_count`.

    Raises:
        Refused: for arguments and tables that cannot be used.
    """
    with progress() as told:
        told.stage("reads the tables")
        sources = checked_sources(arguments, count_of(arguments))
        from ddlib.report.check import check_text
    print(check_text(sources), end="")


def merge(arguments: argparse.Namespace, words: Sequence[str]) -> None:
    """Write merged rows, the coefficients of their tasks, and a report.

    Args:
        arguments: `tables`, `tasks`, `rows`, `out`, `report`, `draws`, `splits`, `weights`,
            `settings`, `seed`, `force` and `min_count`.
        words: as they were typed.

    Raises:
        Refused: for arguments, tables and tasks that cannot be used.
    """
    outputs, faults = checked_outputs(arguments)
    with progress() as told:
        told.stage("reads the tables")
        sources = checked_sources(arguments, faults)
        told.stage("fits the model and makes the rows")
        merged = _merged(arguments, sources)
        files = _files(arguments, outputs, sources, merged, words, told)
        told.stage("writes")
        write_together(files, force=arguments.force)
    _summarise(merged, sources, list(files))


def _merged(arguments: argparse.Namespace, sources: Sources) -> Merged:
    """Return the merged rows."""
    from ddlib.merge import merge

    try:
        return merge(
            sources,
            arguments.tasks,
            num_rows=arguments.rows,
            weights=arguments.weights,
            num_draws=arguments.draws,
            seed=arguments.seed,
        )
    except ValueError as error:
        raise Refused([str(error).replace("num_rows", "--rows")]) from error


def _files(
    arguments: argparse.Namespace,
    outputs: dict[str, Path],
    sources: Sources,
    merged: Merged,
    words: Sequence[str],
    told: Progress,
) -> dict[Path, Write]:
    """Return what writes each file."""
    from ddlib.report.findings import coefficients_of
    from ddlib.report.writing import write_table

    suffix = arguments.out.suffix.lower()
    files: dict[Path, Write] = {
        arguments.out: lambda path: write_table(merged.rows, path, suffix),
    }
    coefficients = coefficients_of(merged)
    if coefficients is not None:
        files[outputs["coefficients"]] = lambda path: write_table(coefficients, path, suffix)
    if arguments.report is not None:
        text = _report(arguments, sources, merged, words, told)
        files[arguments.report] = lambda path: path.write_text(text, encoding="utf-8")
    return files


def _report(
    arguments: argparse.Namespace,
    sources: Sources,
    merged: Merged,
    words: Sequence[str],
    told: Progress,
) -> str:
    """Return the report."""
    from ddlib.report.document import report_page
    from ddlib.report.findings import Origin, held_out_of, nearness_of, report_of
    from ddlib.report.sections.rerun import Input

    inputs = [
        Input(label, len(table), hashlib.sha256(path.read_bytes()).hexdigest())
        for (label, table), path in zip(sources.tables.items(), arguments.tables, strict=True)
    ]
    told.stage("measures privacy on half of the rows")
    near = nearness_of(merged, num_rows=arguments.rows, weights=arguments.weights)
    told.stage("scores the tasks on held-out rows")

    def split_done(count: int) -> None:
        told.stage(f"scores the tasks on held-out rows, {count} of {arguments.splits} splits done")

    held = held_out_of(sources, merged, num_splits=arguments.splits, progress=split_done)
    told.stage("writes the report")
    origin = Origin(
        inputs=inputs,
        output=arguments.out.name,
        command=shlex.join(["ddlib", *words]),
        made=date.today(),
        least=settings_of(arguments).min_count,
    )
    return report_page(report_of(sources, merged, held, near, origin))


def _summarise(merged: Merged, sources: Sources, files: Sequence[Path]) -> None:
    """Print what was written, and what asks for a decision."""
    for path in files:
        print(path)
    for text, worth in merged.worth.items():
        real = merged.questions[text].num_rows
        print(f"{text}: worth {worth:.0f} complete real rows, of {real} read")
    for note in (*sources.notes, *merged.notes):
        if note.level == "warning":
            print(f"warning: {note.text}")
