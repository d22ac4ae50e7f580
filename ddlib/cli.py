"""Command line: merge and distil tables, compare methods; run experiments, audit, judge claims."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ddlib import __version__
from ddlib.arguments import folder, number, whole
from ddlib.report import method_options, options
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
    if arguments.command in ("check", "merge", "summarize", "scale", "distil"):
        from ddlib.report.command import execute as execute_on_tables
        from ddlib.report.typed import Command

        words = sys.argv[1:] if argv is None else argv
        return execute_on_tables(Command(arguments, words, __version__))
    if arguments.command == "conform":
        from ddlib.conformance.command import execute as examine

        return examine(arguments.method)
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
    command("check", summary, options.tables, options.min_count, options.check, options.visits)
    summary = "merge tables into synthetic rows that are made for a task, with a report"
    command("merge", summary, options.tables, options.min_count, options.merge, options.visits)
    summary = "write what a site may send in place of its rows: counts, quantiles and moments"
    command("summarize", summary, options.site, options.min_count, options.private, options.out)
    summary = "write the scale of several summaries, on which the moments of all sites add up"
    command("scale", summary, options.summaries, options.out)
    summary = "distil one table into few rows for a learner, by the methods that apply"
    command("distil", summary, method_options.distil)
    summary = "say whether a method keeps to what every method does, on small problems"
    command("conform", summary, _method)
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
    summary = "compare methods on families of tasks at equal budgets, with trivial baselines"
    command("benchmark", summary, method_options.benchmark, _results)
    summary = "say what was found on the claims of the paper, or on one, and recompute its rows"
    command("claim", summary, _claim)
    return parser


def _method(parser: argparse.ArgumentParser) -> None:
    """Add a method."""
    parser.add_argument("method", help="a name, or a place like my_module:MyMethod")


def _config(parser: argparse.ArgumentParser) -> None:
    """Add one config of an experiment."""
    parser.add_argument("experiment")
    parser.add_argument("parameters", nargs="*", metavar="name=value")


def _grid(parser: argparse.ArgumentParser) -> None:
    """Add the file of a grid."""
    parser.add_argument("grid", type=Path, help="file of a grid")


def _batch(parser: argparse.ArgumentParser) -> None:
    """Add what is one batch of a grid."""
    parser.add_argument("start", type=whole, help="its first config, counted from 0")
    parser.add_argument("stop", type=whole, help="the first config behind it")
    parser.add_argument("--failures", type=Path, required=True, help="folder of failures' logs")


def _experiments(parser: argparse.ArgumentParser) -> None:
    """Add names of experiments."""
    parser.add_argument("experiments", nargs="*", metavar="experiment")


def _sample(parser: argparse.ArgumentParser) -> None:
    """Add which sample is audited, and how."""
    parser.add_argument(
        "--seconds", type=number, default=60.0, help="about how long it may compute; inf for all"
    )
    parser.add_argument("--count", type=whole, help="how many configs of an experiment, at most")
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
        "--recompute", type=whole, metavar="N", help="compute N of its configs again, and compare"
    )
    parser.add_argument("--seed", type=whole, help="decides which (0 unless told)")


def _results(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the store."""
    parser.add_argument(
        "--results",
        type=folder,
        help="folder of stored rows: unless told book/results of the checkout of the project that "
        "ddlib lies in, and else results under the current directory",
    )


def _replace(parser: argparse.ArgumentParser) -> None:
    """Add whether damaged files are in the way."""
    parser.add_argument("--replace", action="store_true", help="recompute a damaged file")
