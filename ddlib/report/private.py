"""`ddlib summarize --epsilon`: a summary with noise, and the ledger of what a site released."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.arguments import fault, is_finite
from ddlib.html.markup import printable
from ddlib.report.progress import progress
from ddlib.report.requests import Refused, copies, refuse, with_places
from ddlib.report.writing import output_faults, write_together

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ddlib.sites.ledger import Ledger
    from ddlib.tables import Note, Schema
    from ddlib.tables.copies import Cells

ONLY_PRIVATE = ("delta", "bounds", "ledger", "budget")
"""Options that need --epsilon."""
_NOT_PRIVATE = {
    "scale": "a private summary has the scale of its own margins",
    "settings": "its columns are as --bounds states them",
    "min_count": "noise protects small counts",
}


def summarize_private(arguments: argparse.Namespace) -> str:
    """Write a summary with (ε, δ)-differential privacy, and its loss to the site's ledger.

    Args:
        arguments: `tables`, `out`, `force`, `epsilon`, `delta`, `bounds`, `ledger` and `budget`.

    Returns:
        What was written, and what all releases lose together.

    Raises:
        Refused: for arguments and tables that cannot be used, beyond the budget, without OpenDP.
    """
    # Two releases at once would each miss the other's loss: the second waits, and reads it.
    with _alone(ledger_path(arguments).parent):
        return _summarize(arguments)


def _summarize(arguments: argparse.Namespace) -> str:
    """Write a summary and the ledger, and return what was written."""
    from ddlib.sites.ledger import Release
    from ddlib.sites.loss import rho_for
    from ddlib.sites.private import private_summary
    from ddlib.sites.write import summary_text

    ledger, faults = _asked(arguments)
    with progress() as told:
        told.stage("reads the tables")
        stated, codes, notes = _rows(arguments, faults)
        told.stage("adds noise")
        epsilon, delta = arguments.epsilon, arguments.delta
        rho = rho_for(epsilon, delta)
        summary = private_summary(stated, codes, epsilon=epsilon, delta=delta)
        released = Release(arguments.out.name, date.today().isoformat(), rho, epsilon, delta)
        after = ledger.after(released)
        text = summary_text(summary)
        if arguments.out.exists() and not arguments.force:
            raise FileExistsError(f"{arguments.out}: is there by now; --force replaces it")
        # The ledger first: what was released is never more than it says.
        files = {ledger_path(arguments): after.text(), arguments.out: text}
        write_together(
            {path: lambda to, own=own: to.write_text(own, "utf-8") for path, own in files.items()},
            force=True,
        )
    if not ledger.releases:
        told = f"new ledger: {ledger_path(arguments)}; releases that are not in it are not counted"
        print(printable(told), file=sys.stderr)
    lines = [
        *map(str, reversed(files)),
        f"about {summary.rows} rows of {len(stated)} columns, with noise: ε = {epsilon:g} at "
        f"δ = {delta:g} for this file, ε = {after.epsilon(delta):.3g} for all "
        f"{len(after.releases)} in the ledger",
        *(f"note: {note.text}; told here alone" for note in notes),
    ]
    if delta * len(codes) > 1:
        lines.append(
            f"warning: δ = {delta:g} is more than 1 in {len(codes)}, the rows that were read: it "
            "may tell whole rows; told here alone"
        )
    return "\n".join([*map(printable, lines), ""])


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder of a ledger against other releases; the system lets it go at the end."""
    try:
        place = os.open(folder, os.O_RDONLY)
    except OSError:  # is told with all other faults
        yield
        return
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def ledger_path(arguments: argparse.Namespace) -> Path:
    """Return the file of the ledger: beside the table whose name comes first, in any order.

    Args:
        arguments: `tables` and `ledger`.
    """
    if arguments.ledger is not None:
        return arguments.ledger
    tables: list[Path] = arguments.tables
    return _ledger_of(min(tables, key=lambda path: (path.name, str(path.resolve()))))


def _ledger_of(table: Path) -> Path:
    """Return the ledger that lies beside a table unless told."""
    return table.with_name(f"{table.name.split('.')[0]}.ledger.json")


def _other_ledgers(arguments: argparse.Namespace) -> list[str]:
    """Return the ledgers of other tables, whose losses the one that is taken would not count."""
    if arguments.ledger is not None:
        return []
    taken = ledger_path(arguments)
    others = dict.fromkeys(map(_ledger_of, arguments.tables))
    return [
        f"{other}: is the ledger of releases about some of these people, beside {taken}; must be "
        "one ledger for all of them: name it by --ledger"
        for other in others
        if other.resolve() != taken.resolve() and other.exists()
    ]


def _asked(arguments: argparse.Namespace) -> tuple[Ledger, list[str]]:
    """Return the ledger as it is, and what is wrong with the arguments."""
    from ddlib.sites.ledger import Ledger, read_ledger
    from ddlib.sites.loss import opendp
    from ddlib.tables import TablesError

    try:
        opendp()
    except ModuleNotFoundError as error:
        raise Refused([str(error)]) from None
    read = [*arguments.tables, *filter(None, [arguments.bounds])]
    twice = copies(arguments.tables)
    outputs, path = {"--out": arguments.out}, ledger_path(arguments)
    faults = twice + output_faults(outputs, read, force=arguments.force)
    # A ledger that is there goes on.
    both = output_faults({**outputs, "--ledger": path}, read, force=True)
    faults += [line for line in both if line.startswith("--ledger")] + _other_ledgers(arguments)
    if arguments.out.suffix.lower() != ".json":
        faults.append(f"--out = {arguments.out}: must end in .json")
    for name, reason in _NOT_PRIVATE.items():
        if getattr(arguments, name) is not None:
            faults.append(f"--{name.replace('_', '-')}: not with --epsilon: {reason}")
    if arguments.bounds is None:
        faults.append("--bounds: is missing; must be a file that states columns, with --epsilon")
    wrong = _loss_faults(arguments)
    if path.is_dir():  # is told by now
        return Ledger(), [*faults, *wrong]
    try:
        ledger = read_ledger(path)
    except TablesError as error:
        return Ledger(), [*faults, *wrong, *error.faults]
    if not wrong and arguments.budget is not None:
        wrong += ledger.budget_faults(arguments.epsilon, arguments.delta, arguments.budget)
    return ledger, [*faults, *wrong]


def _loss_faults(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with ε, δ and the budget."""
    from ddlib.sites.loss import privacy_faults

    # What is not given is said once, and not as a value.
    delta: float = 1e-6 if arguments.delta is None else arguments.delta
    wrong = privacy_faults(arguments.epsilon, delta, ("--epsilon", "--delta"))
    if arguments.delta is None:
        wrong.append("--delta: must be given with --epsilon, such as 1e-6")
    budget = arguments.budget
    if budget is not None and not (is_finite(budget) and 0 < budget <= 1000):
        wrong.append(fault("--budget", budget, "a number above 0, at most 1000"))
    return wrong


def _rows(
    arguments: argparse.Namespace, faults: list[str]
) -> tuple[Schema, np.ndarray, list[Note]]:
    """Return the stated columns, the codes of the rows and notes, or raise `Refused`."""
    import numpy as np

    from ddlib.sites.stated import stated_codes
    from ddlib.tables import TablesError
    from ddlib.tables.copies import Cells
    from ddlib.tables.files import read_file

    parts: list[np.ndarray] = []
    cells: dict[Path, Cells] = {}
    notes: list[Note] = []
    wrong: list[str] = []
    stated = _stated(arguments, faults)
    for path in arguments.tables:
        try:
            table, read = read_file(path, by_row=True)
            if len(arguments.tables) > 1:
                cells[path] = Cells.of(table)
            codes, told = stated_codes(stated, table, path.name)
            wrong += _unfit(stated, table, codes, path.name)
            parts.append(codes)
            notes += [*read, *told]
        except TablesError as error:
            wrong += error.faults
    refuse([*wrong, *_twice(cells)])
    return stated, np.concatenate(parts), notes


def _twice(cells: Mapping[Path, Cells]) -> list[str]:
    """Return the tables of the same people as one before them: noise hides one row of each."""
    return [
        f"{other}: equals {first} in every cell, in whatever order; people must be told of once"
        for (first, one), (other, copy) in combinations(cells.items(), 2)
        if one.is_copy(copy)
    ]


def _stated(arguments: argparse.Namespace, faults: list[str]) -> Schema:
    """Return the stated columns, or raise `Refused` for what is wrong before tables are read."""
    from ddlib.sites.stated import read_stated
    from ddlib.tables import Schema, TablesError

    found, stated = [*faults], Schema(())
    try:
        if arguments.bounds is not None:  # else that is one of the faults
            stated = read_stated(arguments.bounds)
    except TablesError as error:
        found += error.faults
    refuse(with_places(found, arguments.tables))
    return stated


def _unfit(stated: Schema, table: pd.DataFrame, codes: np.ndarray, label: str) -> list[str]:
    """Return the columns of which no cell is what is stated, before they cost any of a budget."""
    return [
        f"{label}: column {column.name!r}: no cell is what is stated"
        + (f" ({', '.join(column.level_texts)})" if column.levels else "")
        + "; must be some, or the bounds must leave the column out"
        for column, own in zip(stated, codes.T, strict=True)
        if (own != own).all() and table[column.name].notna().any()
    ]
