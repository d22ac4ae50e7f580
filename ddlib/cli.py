"""Command line: merge tables; list and run experiments, pack, audit, judge claims."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ddlib import __version__
from ddlib.runs.listing import listing


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: command and arguments; those of the process unless told.

    Returns:
        The exit code, which is 2, with one line on stderr, when the command is refused.
    """
    parser = _parser()
    arguments, others = parser.parse_known_args(argv)
    # What stands behind an option is cut off from what stood before it.
    if others and (arguments.command != "run" or any(text.startswith("-") for text in others)):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    if others:
        arguments.parameters += others
    if arguments.command == "list":
        print(listing(), end="")
        return 0
    # All bring pydantic at least, which help and the list can do without.
    if arguments.command in ("check", "merge", "summarize", "scale"):
        from ddlib.report.command import Command
        from ddlib.report.command import execute as execute_on_tables

        words = sys.argv[1:] if argv is None else argv
        return execute_on_tables(Command(arguments, words, __version__))
    if arguments.command == "claim":
        from ddlib.claims.command import claim

        return claim(arguments)
    from ddlib.runs.commands import execute

    return execute(arguments)


def _parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="ddlib", description=__doc__)
    parser.add_argument("--version", action="version", version=f"ddlib {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, summary: str, *more: Callable[[argparse.ArgumentParser], None]) -> None:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=name)
        for add in more:
            add(added)

    summary = "say what tables of several sites hold: kinds of columns, notes, pairs seen together"
    command("check", summary, _tables, _min_count, _check)
    summary = "merge tables into synthetic rows that are made for a task, with a report"
    command("merge", summary, _tables, _min_count, _merge, _visits)
    summary = "write what a site may send in place of its rows: counts, quantiles and moments"
    command("summarize", summary, _rows_of_site, _min_count, _private, _out)
    summary = "write the scale of several summaries, on which the moments of all sites add up"
    command("scale", summary, _summaries, _out)
    command("list", "show each experiment with its parameters, columns and rough cost")
    summary = "compute one config, unless the store has it, and print its rows"
    command("run", summary, _config, _results, _replace)
    summary = "say what a grid would compute, and about how long that takes"
    command("grid", summary, _grid, _results, _replace)
    summary = "compute the configs of one batch of a sweep that the store lacks"
    command("batch", summary, _grid, _batch, _results, _replace)
    summary = "fold the single files of experiments into one file per experiment"
    command("pack", summary, _experiments, _results)
    summary = "recompute a random sample of the stored configs, and compare"
    command("audit", summary, _sample, _results)
    summary = "say what was found on the claims of the paper, or on one, and recompute its rows"
    command("claim", summary, _claim)
    return parser


def _tables(parser: argparse.ArgumentParser) -> None:
    """Add tables, and what is said of them."""
    parser.add_argument(
        "tables",
        type=Path,
        nargs="+",
        metavar="table",
        help="a file per site: CSV, TSV or Parquet, also compressed",
    )
    parser.add_argument(
        "--settings", type=Path, help="YAML with kinds, codes for missing, names, units, levels"
    )
    parser.add_argument(
        "--source-column",
        metavar="NAME",
        help="add a column NAME that says which table a row is of, so that levels that differ "
        "between tables are modelled; 'COLUMN ~ .' takes it in, 'COLUMN ~ . - NAME' does not",
    )


def _min_count(parser: argparse.ArgumentParser) -> None:
    """Add how many rows make a number that may be told."""
    parser.add_argument(
        "--min-count",
        type=int,
        help="rows that a level, a column and a table must have, so that none shows single people: "
        "that of the settings, or 10, unless told; 1 switches the protection off",
    )


def _rows_of_site(parser: argparse.ArgumentParser) -> None:
    """Add the tables of one site, and what is said of them."""
    parser.add_argument(
        "tables",
        type=Path,
        nargs="+",
        metavar="table",
        help="files with the rows of one site: CSV, TSV or Parquet, also compressed",
    )
    parser.add_argument(
        "--scale", type=Path, help="file of ddlib scale: with it moments add up exactly"
    )
    parser.add_argument(
        "--settings", type=Path, help="YAML with kinds, codes for missing, names, units, levels"
    )
    parser.set_defaults(source_column=None)


def _private(parser: argparse.ArgumentParser) -> None:
    """Add what a private summary may lose, and where its site keeps account."""
    parser.add_argument(
        "--epsilon",
        type=float,
        help="add noise: (ε, δ)-differential privacy of one row added or removed",
    )
    parser.add_argument(
        "--delta", type=float, help="the δ of --epsilon, far below 1 in the number of rows: 1e-6"
    )
    parser.add_argument(
        "--bounds", type=Path, help="YAML with columns, bounds and levels, none read off the rows"
    )
    parser.add_argument(
        "--ledger",
        type=Path,
        help="file of all releases about these people: by default TABLE.ledger.json beside TABLE",
    )
    parser.add_argument(
        "--budget", type=float, help="the most that ε may be of all releases together"
    )


def _summaries(parser: argparse.ArgumentParser) -> None:
    """Add summaries."""
    parser.add_argument(
        "summaries", type=Path, nargs="+", metavar="summary", help="a file of ddlib summarize"
    )


def _out(parser: argparse.ArgumentParser) -> None:
    """Add where JSON goes."""
    parser.add_argument("--out", type=Path, required=True, help="file to write: .json")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def _check(parser: argparse.ArgumentParser) -> None:
    """Add where what is found is written."""
    parser.add_argument(
        "--write-settings",
        type=Path,
        metavar="FILE",
        help="write a settings file, YAML, that says what the tables are taken for, to be changed",
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def _merge(parser: argparse.ArgumentParser) -> None:
    """Add what rows are made for, how many, and where they go."""
    parser.add_argument(
        "--for",
        dest="tasks",
        action="append",
        required=True,
        metavar="TASK",
        help="what the rows are for: 'died ~ .', 'los ~ age + sex' or density; of visits "
        "'next(bili) ~ .' or 'within(died, futime, 365) ~ .'; may be repeated",
    )
    parser.add_argument(
        "--rows", type=int, default=100, help="how many rows (100); of visits, how many people"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="file of the rows: .csv, .tsv or .parquet"
    )
    parser.add_argument("--report", type=Path, help="file of the report, HTML")
    parser.add_argument(
        "--draws", type=int, default=10, help="draws of what is missing, for standard errors (10)"
    )
    parser.add_argument(
        "--no-weights",
        dest="weights",
        action="store_false",
        help="make rows without weights, for tools that take none; they are worth less",
    )
    parser.add_argument(
        "--splits",
        type=int,
        help="splits for the report's scores on rows kept aside: 5, of large tables fewer, unless "
        "told; 0 for none",
    )
    parser.add_argument("--seed", type=int, default=0, help="decides what is drawn (0)")
    parser.add_argument("--force", action="store_true", help="replace files that are there")


def _visits(parser: argparse.ArgumentParser) -> None:
    """Add what says that rows are visits of people, who may have several."""
    parser.add_argument(
        "--id",
        dest="person",
        metavar="COLUMN",
        help="rows are visits, of the people whom COLUMN names; takes --time too",
    )
    parser.add_argument(
        "--time", metavar="COLUMN", help="when a visit was: numbers, such as days, or dates"
    )
    parser.add_argument(
        "--slices",
        metavar="visits|WIDTH",
        default="visits",
        help="what follows what: each visit the one before (visits), or bins of time of a WIDTH, "
        "with the last value of each column in each bin",
    )
    parser.add_argument(
        "--static",
        action="append",
        default=[],
        metavar="COLUMN",
        help="of a column that changes, have a person's first value count throughout; may be "
        "repeated (what changes in nobody is static anyway)",
    )
    parser.add_argument(
        "--link",
        metavar="COLUMN",
        help="rows with one value of COLUMN in several tables are of one person; of visits, the "
        "column of --id",
    )


def _config(parser: argparse.ArgumentParser) -> None:
    """Add one config of an experiment."""
    parser.add_argument("experiment")
    parser.add_argument("parameters", nargs="*", metavar="name=value")


def _grid(parser: argparse.ArgumentParser) -> None:
    """Add the file of a grid."""
    parser.add_argument("grid", type=Path, help="file of a grid")


def _batch(parser: argparse.ArgumentParser) -> None:
    """Add what is one batch of a grid."""
    parser.add_argument("start", type=int, help="its first config, counted from 0")
    parser.add_argument("stop", type=int, help="the first config behind it")
    parser.add_argument("--failures", type=Path, required=True, help="folder of failures' logs")


def _experiments(parser: argparse.ArgumentParser) -> None:
    """Add names of experiments."""
    parser.add_argument("experiments", nargs="*", metavar="experiment")


def _sample(parser: argparse.ArgumentParser) -> None:
    """Add which sample is audited, and how."""
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="about how long it may compute; inf for all"
    )
    parser.add_argument("--count", type=int, help="how many configs of an experiment, at most")
    parser.add_argument("--seed", help="text that decides the sample (the commit unless told)")
    parser.add_argument(
        "--loose",
        action="store_true",
        help="also compare what another arithmetic computed, within tolerances",
    )


def _claim(parser: argparse.ArgumentParser) -> None:
    """Add which claim, and how much of its evidence is computed again."""
    parser.add_argument("name", nargs="?", help="of one claim; all unless told")
    parser.add_argument(
        "--recompute", type=int, metavar="N", help="compute N of its configs again, and compare"
    )
    parser.add_argument("--seed", type=int, help="decides which (0 unless told)")


def _results(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the store."""
    parser.add_argument(
        "--results",
        type=Path,
        help="folder of stored rows: unless told book/results of the checkout of the project that "
        "ddlib lies in, and else results under the current directory",
    )


def _replace(parser: argparse.ArgumentParser) -> None:
    """Add whether damaged files are in the way."""
    parser.add_argument("--replace", action="store_true", help="recompute a damaged file")
