"""The command `ddlib distil`: from one table to few rows that a learner learns as much from."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.arguments import count_faults
from ddlib.html.markup import printable
from ddlib.near import meant
from ddlib.report.distil_task import read_task
from ddlib.report.progress import progress
from ddlib.report.requests import PAGES, Refused, refuse, with_places
from ddlib.report.writing import SUFFIXES, Write, output_faults, write_table, write_together

if TYPE_CHECKING:
    from ddlib.benchmark.standings import Standings
    from ddlib.problem import Distiller
    from ddlib.report.typed import Command
    from ddlib.tables import Note
    from ddlib.tasks.frame import FrameTask

AUTO = "auto"


def distil(command: Command) -> str:
    """Write the rows that validation rows choose among those of several methods, and a report.

    Args:
        command: what was typed: `tables` of one file, `target`, `rows`, `method`, `learner`,
            `measure`, `steps`, `looks`, `shares`, `split`, `encode`, `seed`, `out`, `report` and
            `force`.

    Returns:
        What was written, and a table of the methods.

    Raises:
        Refused: for arguments and a table that cannot be used.
    """
    arguments = command.arguments
    arguments.method = arguments.method or [AUTO]
    outputs = {"--out": arguments.out}
    if arguments.report is not None:
        outputs["--report"] = arguments.report
    faults = _argument_faults(arguments)
    faults += output_faults(outputs, arguments.tables, force=arguments.force)
    refuse(with_places(faults, arguments.tables))
    with progress() as told:
        told.stage("reads the table")
        task, notes = read_task(arguments)
        found = _standings(arguments, task, told.stage)
        told.stage("writes")
        write_together(_files(command, task, found, notes), force=arguments.force)
    return told_text(outputs.values(), task, found, notes)


def _argument_faults(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with the arguments alone."""
    from ddlib.learners.named import PREDICTS
    from ddlib.tasks.measures import MEASURES

    faults = [] if len(arguments.tables) == 1 else ["table: must be one file"]
    for option, least in (("rows", 1), ("steps", 1), ("looks", 1), ("seed", 0)):
        faults += count_faults(f"--{option}", getattr(arguments, option), least)
    if arguments.out.suffix.lower() not in SUFFIXES:
        faults.append(f"--out = {arguments.out}: must end in {', '.join(SUFFIXES)}")
    if arguments.report is not None and arguments.report.suffix.lower() not in PAGES:
        faults.append(f"--report = {arguments.report}: must end in {', '.join(PAGES)}")
    faults += _method_faults(arguments.method)
    for option, names in (("learner", PREDICTS), ("measure", MEASURES)):
        value = getattr(arguments, option)
        if value is not None and value not in names:
            faults.append(f"--{option} = {value!r}: {meant(value, names)}")
    return faults


def _method_faults(names: list[str]) -> list[str]:
    """Return what is wrong with names of methods, with those that are meant perhaps."""
    from ddlib.distillers import all_distillers, distiller_names, find_distiller

    beside = [n for n in dict.fromkeys(names) if AUTO in names and n in distiller_names()]
    told = f"is one of those that {AUTO} tries; must be left out beside it, or stand without it"
    faults = [f"--method = {name!r}: {told}" for name in beside]
    for name in names:
        try:
            all_distillers() if name == AUTO else find_distiller(name, others=[AUTO])
        except ValueError as error:
            faults.append(f"--{error}")
    return faults


def _methods(names: list[str]) -> dict[str, Distiller]:
    """Return the methods that are meant, by name: in the order of the registry, then by place."""
    from ddlib.distillers import distiller_names, find_distiller

    known = [name for name in distiller_names() if AUTO in names or name in names]
    places = [name for name in names if name not in (AUTO, *known)]
    return {name: find_distiller(name) for name in [*known, *places]}


def _standings(
    arguments: argparse.Namespace, task: FrameTask, told: Callable[[str], None]
) -> Standings:
    """Return how the methods stand."""
    from ddlib.benchmark.contest import Budget
    from ddlib.benchmark.standings import standings
    from ddlib.distillers import DISTILLERS
    from ddlib.distillers.foreign import told as in_one_line

    asked = arguments.rows, arguments.steps, arguments.looks, arguments.shares, arguments.seed
    methods, running = _methods(arguments.method), ""

    def tell(name: str) -> None:
        nonlocal running
        running = name
        told(f"tries {name}" if name in methods else f"looks at {name}")

    try:
        with redirect_stdout(sys.stderr):  # what a method prints is not what the command found
            return standings(task, methods, Budget(*asked), told=tell)
    except (Exception, SystemExit) as error:
        if running in DISTILLERS or running not in methods:
            if isinstance(error, ValueError):
                raise Refused([str(error).replace("num_rows", "--rows")]) from error
            raise
        why = f"fails, {in_one_line(error)}; ddlib conform looks into it"
        raise Refused([f"--method = {running!r}: {why}"]) from error


def _files(
    command: Command, task: FrameTask, found: Standings, notes: Sequence[Note]
) -> dict[Path, Write]:
    """Return what writes the rows and the report."""
    from ddlib.report.distil_page import distil_page

    out, report = command.arguments.out, command.arguments.report
    rows = task.to_table(found.chosen.entry.rows)
    files: dict[Path, Write] = {out: lambda path: write_table(rows, path, out.suffix.lower())}
    if report is not None:
        text = distil_page(task, found, command.line, notes)
        files[report] = lambda path: path.write_text(text, encoding="utf-8")
    return files


def told_text(
    files: Iterable[Path], task: FrameTask, found: Standings, notes: Sequence[Note] = ()
) -> str:
    """Return what was written, and how the methods stand.

    Args:
        files: that were written.
        task: what rows are made for.
        found: how methods stand on it.
        notes: on the table.
    """
    from ddlib.benchmark.standings import RANDOM_SETS
    from ddlib.problem import carry
    from ddlib.report.lost_classes import lost_classes
    from ddlib.tables.faults import number_of

    chosen, measure = found.chosen, task.measure.name
    columns = [
        ("all training rows", math.nan, found.all_rows),
        (f"random rows, mean of {RANDOM_SETS}", math.nan, found.random),
        *((place.entry.method, place.entry.validation, place.test) for place in found.places),
    ]
    width = max(len(name) for name, _, _ in columns)
    lines = [str(path) for path in files]
    learner = carry(task.learner, chosen.entry.carried)
    lines += [f"{number_of(len(chosen.entry.rows), 'row')} by {chosen.entry.method}, for {learner}"]
    lines += [lost] if (lost := lost_classes(task.encoding, chosen.entry.rows)) else []
    lines += ["", f"{'':{width}}  validation      test  95 %   ({measure})"]
    for name, validation, test in columns:
        chose = "          " if math.isnan(validation) else f"{validation:10.4g}"
        lines.append(
            f"{name:{width}}  {chose}{test.value:10.4g}  {test.low:.4g} to {test.high:.4g}"
        )
    lines += ["", *_explained(task)]
    entries = [place.entry for place in found.places]
    lines += [f"{entry.method}: {entry.note}" for entry in entries if entry.note]
    lines += [f"{name}: does not apply: {why}" for name, why in found.refusals.items()]
    lines += [f"{note.level}: {note.text}" for note in notes]
    return "\n".join([*map(printable, lines), ""])


def _explained(task: FrameTask) -> list[str]:
    """Return what the numbers of the table are."""
    ties = ", and the loss a share of a row to tell equal ones apart" if task.measure.counts else ""
    return [
        f"validation: {task.measure.name} on the rows that choose{ties}",
        "95 %: what other test rows would give; of random rows, where that share of the sets lies",
    ]
