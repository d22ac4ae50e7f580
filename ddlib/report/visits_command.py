"""`ddlib merge --id … --time …`: from long tables of visits to files, and what is refused."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.arguments import PLAIN, is_finite
from ddlib.near import bare
from ddlib.report.progress import Progress
from ddlib.report.requests import Refused, checked_settings, column_names, settings_of
from ddlib.report.results import files_of, written_text
from ddlib.report.writing import write_together

if TYPE_CHECKING:
    from ddlib.merge.held_out import HeldOut
    from ddlib.report.findings import Origin
    from ddlib.report.typed import Command
    from ddlib.tables import Note
    from ddlib.visits import Visits
    from ddlib.visits.merging import MergedVisits


def merge_visits_of(
    command: Command, outputs: dict[str, Path], faults: Sequence[str], told: Progress
) -> str:
    """Write merged visits, the coefficients of their tasks, and a report.

    Args:
        command: what was typed.
        outputs: option -> file to write.
        faults: of what was checked before.
        told: says what is done.

    Returns:
        What was written, and what asks for a decision.

    Raises:
        Refused: for arguments, tables and tasks that cannot be used.
    """
    arguments = command.arguments
    told.stage("reads the tables")
    visits = checked_visits(arguments, faults)
    told.stage("fits the model and makes the visits")
    merged = _merged(arguments, visits)
    files = files_of(outputs, merged.rows, merged.pooled)
    notes: Sequence[Note] = merged.notes
    if arguments.report is not None:
        from ddlib.report.visits_page import visits_page

        held = _held_out(arguments, merged, told)
        told.stage("writes the report")
        text, notes = visits_page(merged, held, _origin(command, merged.asked.visits))
        files[arguments.report] = lambda path: path.write_text(text, encoding="utf-8")
    told.stage("writes")
    write_together(files, force=arguments.force)
    return written_text(merged, "visits, of {} it is learnt from", notes, list(files))


def _faults(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with the options of visits."""
    faults = [
        f"{option}: lacks; must be given, as {other} is"
        for option, value, other in (
            ("--id", arguments.person, "--time" if arguments.time else "--slices or --static"),
            ("--time", arguments.time, "--id" if arguments.person else "--slices or --static"),
        )
        if value is None
    ]
    if arguments.slices != "visits" and _width(arguments.slices) is None:
        faults.append(f"--slices = {arguments.slices}: must be visits, or a finite number above 0")
    if arguments.link is not None and bare(arguments.link) != bare(arguments.person or ""):
        faults.append(f"--link = {arguments.link}: must be the column of --id")
    if not getattr(arguments, "weights", True):
        faults.append("--no-weights: must be left out, as visits are made with weights alone")
    return faults


def _width(text: str) -> float | None:
    """Return the width of bins, None for what is none."""
    if not PLAIN.fullmatch(text):
        return None
    width = float(text)
    return width if is_finite(width) and width > 0 else None


def checked_visits(arguments: argparse.Namespace, faults: Sequence[str]) -> Visits:
    """Return the visits, with the tasks checked where there are any.

    Args:
        arguments: of a merge or a check.
        faults: of what was checked before.

    Raises:
        Refused: for these and what is wrong with options and settings, before tables are read; and
            for all that is wrong with tables and tasks.
    """
    from ddlib.merge.formula import TaskError
    from ddlib.tables import TablesError
    from ddlib.visits import Said, read_visits
    from ddlib.visits.tasks import read_tasks

    settings = checked_settings(arguments, [*faults, *_faults(arguments)])
    linked, static = arguments.link is not None, tuple(arguments.static)
    bins = _width(arguments.slices)
    said = Said(arguments.person, arguments.time, static, linked, bins)
    try:
        visits = read_visits(arguments.tables, said, settings)
    except TablesError as error:
        raise Refused([*error.faults, *_name_faults(arguments, error.faults)]) from None
    try:
        if hasattr(arguments, "tasks"):
            read_tasks(arguments.tasks, visits, settings.min_count)
    except TaskError as error:
        raise Refused(error.faults) from None
    return visits


def _name_faults(arguments: argparse.Namespace, told: Sequence[str] = ()) -> list[str]:
    """Return what is wrong with names on tables that were refused for other things.

    Args:
        arguments: of a merge or a check.
        told: what these other things are.
    """
    from ddlib.visits.people import static_faults
    from ddlib.visits.tasks import name_faults

    names = column_names(arguments)
    if names is None:
        return []
    faults = static_faults([*arguments.static], names)
    # Of tables that could be read, fewer columns may be left.
    known = {line.partition(":")[0] for line in told}
    faults = [line for line in faults if line.partition(":")[0] not in known]
    return [*faults, *name_faults(getattr(arguments, "tasks", ()), names)]


def _merged(arguments: argparse.Namespace, visits: Visits) -> MergedVisits:
    """Return the merged visits."""
    from ddlib.visits.merging import merge_visits

    try:
        return merge_visits(
            visits,
            arguments.tasks,
            num_people=arguments.rows,
            num_draws=arguments.draws,
            min_count=settings_of(arguments).min_count,
            seed=arguments.seed,
        )
    except ValueError as error:
        raise Refused([str(error).replace("num_rows", "--rows")]) from error


def _held_out(arguments: argparse.Namespace, merged: MergedVisits, told: Progress) -> HeldOut:
    """Return the scores of the tasks on people kept aside."""
    from ddlib.report.judging import NO_SPLIT, splits_of, unscored
    from ddlib.visits.held_out import held_out

    asked = merged.asked
    splits = splits_of(asked.visits.codes.size) if arguments.splits is None else arguments.splits
    if not splits:
        return unscored(merged.tasks, NO_SPLIT)
    stage = "scores the tasks on people kept aside"
    told.stage(stage)
    return held_out(
        asked,
        num_people=arguments.rows,
        num_splits=splits,
        num_draws=arguments.draws,
        seed=arguments.seed,
        progress=lambda count: told.stage(f"{stage}, {count} of {splits} splits done"),
    )


def _origin(command: Command, visits: Visits) -> Origin:
    """Return where merged visits come from and go to."""
    from ddlib.report.findings import Origin
    from ddlib.report.rerun_section import Input

    arguments = command.arguments
    pairs = zip(visits.rows.items(), arguments.tables, strict=True)
    return Origin(
        [Input.of(label, rows, path) for (label, rows), path in pairs],
        arguments.out.name,
        command.line,
        date.today(),
        command.version,
        settings_of(arguments).min_count,
    )
