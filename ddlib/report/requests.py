"""What is asked of the commands on tables, checked: everything that is wrong is told at once."""

from __future__ import annotations

import argparse
import filecmp
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.arguments import MOST_ROWS, count_faults
from ddlib.report.writing import BESIDE, SUFFIXES, output_faults

if TYPE_CHECKING:
    from ddlib.tables import Settings, Sources

PAGES = (".html", ".htm")
SETTINGS = (".yml", ".yaml")


class Refused(ValueError):
    """A command that cannot be carried out.

    Attributes:
        faults: all that is wrong, a line each.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep the faults.

        Args:
            faults: at least one.
        """
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def checked_outputs(arguments: argparse.Namespace) -> tuple[dict[str, Path], list[str]]:
    """Return the files that a merge writes, by option, and what is wrong with its arguments.

    Args:
        arguments: of the merge.
    """
    outputs = _outputs(arguments)
    faults = _argument_faults(arguments)
    read = [*arguments.tables, *filter(None, [arguments.settings])]
    faults += output_faults(outputs, read, force=arguments.force)
    return outputs, faults


def count_of(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with the minimum count.

    Args:
        arguments: of either command.
    """
    count = arguments.min_count
    return [] if count is None else count_faults("--min-count", count, 1)


def copies(paths: Sequence[Path]) -> list[str]:
    """Return the files that have what one before them has, whose people would count twice.

    Args:
        paths: of tables of one site.
    """
    there = [path for path in paths if path.is_file()]
    return [
        f"{path}: is the same as {first}; people must be told of once"
        for place, path in enumerate(there)
        for first in there[:place]
        if filecmp.cmp(first, path, shallow=False)
    ]


def any_of_visits(arguments: argparse.Namespace) -> bool:
    """Whether rows are visits.

    Args:
        arguments: of a merge or a check.
    """
    given = arguments.person, arguments.time, *arguments.static
    return arguments.slices != "visits" or any(name is not None for name in given)


def settings_file_faults(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with the file that `ddlib check` writes settings to.

    Args:
        arguments: of the check.
    """
    place: Path | None = arguments.write_settings
    if place is None:
        return []
    if place.suffix.lower() not in SETTINGS:
        return [f"--write-settings = {place}: must end in {' or '.join(SETTINGS)}"]
    read = [*arguments.tables, *filter(None, [arguments.settings])]
    return output_faults({"--write-settings": place}, read, force=arguments.force)


def _argument_faults(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with the numbers and the name of the output."""
    faults = count_faults("--rows", arguments.rows, 1, most=MOST_ROWS) + count_faults(
        "--draws", arguments.draws, 2
    )
    faults += count_faults("--seed", arguments.seed, 0)
    if arguments.splits is not None:
        faults += count_faults("--splits", arguments.splits, 0)
    faults += count_of(arguments)
    if arguments.out.suffix.lower() not in SUFFIXES:
        faults.append(f"--out = {arguments.out}: must end in {', '.join(SUFFIXES)}")
    if arguments.report is not None and arguments.report.suffix.lower() not in PAGES:
        faults.append(f"--report = {arguments.report}: must end in {' or '.join(PAGES)}")
    return faults


def _outputs(arguments: argparse.Namespace) -> dict[str, Path]:
    """Return option -> file that is to be written."""
    out: Path = arguments.out
    found = {"--out": out}
    # A folder like "." has no name that another could be made of.
    if out.name and any(text.strip() != "density" for text in arguments.tasks):
        # The pooled coefficients of the other tasks lie beside the rows.
        found[BESIDE] = out.with_name(f"{out.stem}.coefficients{out.suffix}")
    if arguments.report is not None:
        found["--report"] = arguments.report
    return found


def checked_settings(arguments: argparse.Namespace, faults: Sequence[str]) -> Settings:
    """Return the settings, before any table is read.

    Args:
        arguments: of a command on tables.
        faults: of its options.

    Raises:
        Refused: for these and a file of settings that cannot be used, beside files that are no
            tables by their names, or are not there.
    """
    from ddlib.tables import Settings, TablesError

    found, settings = list(faults), Settings()
    try:
        settings = settings_of(arguments)
    except TablesError as error:
        found += error.faults
    refuse(with_places(found, [p for p in arguments.tables if p.suffix.lower() != ".json"]))
    return settings


def with_places(faults: Sequence[str], tables: Sequence[Path]) -> list[str]:
    """Return faults, and where there are some those of the places of tables, which are not read.

    Args:
        faults: of options.
        tables: files.
    """
    from ddlib.tables.files import place_faults

    return [*faults, *place_faults(tables)] if faults else []


def refuse(faults: Sequence[str]) -> None:
    """Raise for faults.

    Args:
        faults: a line each.

    Raises:
        Refused: where there are any.
    """
    if faults:
        raise Refused(faults)


def checked_sources(arguments: argparse.Namespace, faults: Sequence[str]) -> Sources:
    """Return the tables.

    Args:
        arguments: of either command.
        faults: of what was checked before.

    Raises:
        Refused: for these and what is wrong with settings, before tables are read; and for all
            that is wrong with tables and tasks.
    """
    from ddlib.tables import TablesError

    checked_settings(arguments, faults)
    try:
        sources = _read(arguments)
    except TablesError as error:
        raise Refused([*error.faults, *_name_faults(arguments)]) from None
    if getattr(arguments, "tasks", None):
        from ddlib.merge.formula import TaskError, parse_tasks, reasons
        from ddlib.merge.scarce import scarce_columns

        scarce = scarce_columns(sources.schema, sources.codes()[0])
        try:
            parse_tasks(arguments.tasks, sources.schema, scarce)
        except TaskError as error:
            raise Refused([*error.faults, *reasons(error, sources)]) from None
    return sources


def _name_faults(arguments: argparse.Namespace) -> list[str]:
    """Return what is wrong with the names in tasks on tables that were refused for other things."""
    from ddlib.merge.formula import TaskError, parse_tasks
    from ddlib.tables import Column, Schema

    names = column_names(arguments) if getattr(arguments, "tasks", None) else None
    if names is None:
        return []
    try:
        parse_tasks(arguments.tasks, Schema(tuple(Column(name, "number") for name in names)))
    except TaskError as error:
        return list(error.faults)
    return []


def column_names(arguments: argparse.Namespace) -> list[str] | None:
    """Return the names of the tables' columns, None where a table cannot be read.

    Args:
        arguments: of either command.
    """
    from ddlib.tables import TablesError
    from ddlib.tables.faults import Findings
    from ddlib.tables.load import load

    found = Findings()
    try:
        tables = load(arguments.tables, settings_of(arguments), found).values()
    except TablesError:
        return None
    if found.faults:  # then which columns there are is not known
        return None
    return [*dict.fromkeys(str(name) for table in tables for name in table.columns)]


def _read(arguments: argparse.Namespace) -> Sources:
    """Return the tables, those of the same people as one where that is asked for."""
    if getattr(arguments, "link", None) is not None:
        from ddlib.visits.linking import link_tables

        return link_tables(arguments.tables, arguments.link, settings_of(arguments))
    from ddlib.tables import read_sources

    return read_sources(arguments.tables, settings_of(arguments))


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings of the file, with what the command line says in its place.

    Args:
        arguments: of either command.

    Raises:
        TablesError: for a file that cannot be used.
    """
    from ddlib.tables import Settings, read_settings

    settings = Settings() if arguments.settings is None else read_settings(arguments.settings)
    if isinstance(arguments.min_count, int):  # what was typed may be no number
        settings = replace(settings, min_count=max(1, arguments.min_count))
    if arguments.source_column is not None:
        settings = replace(settings, source_column=arguments.source_column)
    return settings
