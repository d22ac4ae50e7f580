"""The task of `ddlib distil`: a file read as a table, and options that name its columns."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ddlib.near import resolve
from ddlib.report.requests import Refused, refuse

if TYPE_CHECKING:
    import pandas as pd

    from ddlib.tables import Note
    from ddlib.tasks.frame import FrameTask

LEARNERS = {True: "logistic", False: "ridge"}
"""The learner of classes and that of numbers, unless told."""


def read_task(arguments: argparse.Namespace) -> tuple[FrameTask, list[Note]]:
    """Return the task of the table, and what is worth knowing about that.

    Args:
        arguments: of the command.

    Raises:
        Refused: for all that is wrong with the table and with names of its columns.
    """
    from ddlib.tables import TablesError
    from ddlib.tables.faults import Findings
    from ddlib.tables.files import read_file
    from ddlib.tables.names import compare_names
    from ddlib.tasks.columns import FrameError, are_classes, with_numbers
    from ddlib.tasks.task import Task

    try:
        table, notes = read_file(arguments.tables[0])
    except TablesError as error:
        raise Refused(error.faults) from None
    near = Findings(notes=notes)
    compare_names({arguments.tables[0].name: table.columns.tolist()}, near)
    table, found = with_numbers(table)
    vague: list[str] = []
    target, split = (_column(arguments, name, table, vague) for name in ("target", "split"))
    if vague:
        raise Refused([*found, *vague])
    classes = target not in table.columns or are_classes(table[target])
    try:
        task = Task.from_table(
            table,
            target,
            learner=arguments.learner or LEARNERS[classes],
            measure=arguments.measure,
            seed=arguments.seed,
            split=split,
            encode=arguments.encode,
        )
    except FrameError as error:
        raise Refused([*found, *map(_in_options, error.faults)]) from None
    refuse(found)
    return task, near.notes


def _column(
    arguments: argparse.Namespace, option: str, table: pd.DataFrame, vague: list[str]
) -> str | None:
    """Return the column that an option names; one that may be several is told in `vague`."""
    text = getattr(arguments, option)
    if text is None:
        return None
    name, told = resolve(text, table.columns)
    vague += [f"--{option} = {told}"] if told else []
    return name


def _in_options(line: str) -> str:
    """Return what is wrong with an argument of `Task.from_table`, in the words of the command."""
    if line.partition(" = ")[0] in ("target", "measure", "split"):
        return f"--{line}"
    return line.replace("encode='one-hot'", "--encode one-hot")
