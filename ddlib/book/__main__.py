"""Command line of the tools of the book: `python -m ddlib.book COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ddlib.book.project import check, require_home, require_writable
from ddlib.book.sources import NotebookError, check_parameters
from ddlib.config import ParameterError, parse_parameters
from ddlib.kernels import pin_process

# What a command needs is imported in it: a wrong parameter is told before papermill is loaded.


def _run(arguments: argparse.Namespace) -> None:
    source, given = arguments.source, parse_parameters(arguments.parameters)
    try:
        check_parameters(source, given)
    except ParameterError as error:
        raise NotebookError(f"{source}: {error}") from None
    output = arguments.output or Path("_build", "runs", source.stem + ".ipynb")
    require_home()
    require_writable(output.parent)
    from ddlib.book.execute import execute

    os.environ.pop("MPLBACKEND", None)  # the kernel's own puts figures into the notebook
    execute(source, output, given, echo=None if arguments.quiet else sys.stdout)
    print(f"Executed {source} into {output}")


def _check(arguments: argparse.Namespace) -> None:
    check(Path("."))


def _weave(arguments: argparse.Namespace) -> None:
    from ddlib.book.notebooks import read_source, weave, write_whole

    write_whole(weave(arguments.source, arguments.executed), arguments.page)
    write_whole(read_source(arguments.source), arguments.download)


def _site(arguments: argparse.Namespace) -> None:
    from ddlib.book.site import build_site

    build_site(arguments.source, arguments.output)


def _provenance(arguments: argparse.Namespace) -> None:
    from ddlib.book.provenance import provenance_page

    page = provenance_page(arguments.executed, Path("notebooks"))
    arguments.output.write_text(page, encoding="utf-8")


def _experiments(arguments: argparse.Namespace) -> None:
    from ddlib.book.experiments import experiments_page
    from ddlib.listing import listing

    arguments.output.write_text(experiments_page(), encoding="utf-8")
    listing()  # kept for `python -m ddlib list`, while what it takes seconds to import is here


def _report(arguments: argparse.Namespace) -> None:
    from ddlib.book.report import report

    report(arguments.executed).to_csv(arguments.output, index=False)
    print(f"Reported {len(arguments.executed)} runs in {arguments.output}")


def _verdicts(arguments: argparse.Namespace) -> None:
    from ddlib.book.verdicts import compare_builds

    compared = compare_builds(arguments.first, arguments.second)
    found = f"{compared.words} verdict words, {len(compared.differences)} cells differ"
    if compared.differences:
        raise ValueError("\n".join((*compared.differences, found)))
    print(found)


def main() -> int:
    """Run one command; 0 on success, 1 with the failed cell or the wrong parameter on stderr."""
    parser = argparse.ArgumentParser(prog="python -m ddlib.book", description=__doc__)
    commands = parser.add_subparsers(required=True)

    run = commands.add_parser("run", help="execute a notebook source, with parameters")
    run.add_argument("source", type=Path)
    run.add_argument("parameters", nargs="*", metavar="name=value")
    run.add_argument("--output", type=Path, help="the executed .ipynb (under _build/runs)")
    run.add_argument("--quiet", action="store_true", help="leave out what cells print")
    run.set_defaults(command=_run)

    whole = commands.add_parser("check", help="say what would stop a build of the book")
    whole.set_defaults(command=_check)

    page = commands.add_parser("weave", help="put the prose of a source around executed outputs")
    page.add_argument("source", type=Path)
    page.add_argument("executed", type=Path)
    page.add_argument("--page", type=Path, required=True)
    page.add_argument("--download", type=Path, required=True, help="the notebook without outputs")
    page.set_defaults(command=_weave)

    site = commands.add_parser("site", help="build the pages, from an empty folder")
    site.add_argument("source", type=Path)
    site.add_argument("--output", type=Path, required=True)
    site.set_defaults(command=_site)

    origin = commands.add_parser("provenance", help="tell what the executed notebooks ran with")
    origin.add_argument("executed", type=Path, nargs="+")
    origin.add_argument("--output", type=Path, required=True)
    origin.set_defaults(command=_provenance)

    about = commands.add_parser("experiments", help="tell what is stored of which experiments")
    about.add_argument("--output", type=Path, required=True)
    about.set_defaults(command=_experiments)

    table = commands.add_parser("report", help="collect what several runs glue into one table")
    table.add_argument("executed", type=Path, nargs="+")
    table.add_argument("--output", type=Path, required=True)
    table.set_defaults(command=_report)

    words = commands.add_parser("verdicts", help="compare the verdict words of two builds")
    words.add_argument("first", type=Path, help="folder of executed notebooks")
    words.add_argument("second", type=Path, help="another")
    words.set_defaults(command=_verdicts)

    arguments = parser.parse_args()
    try:
        arguments.command(arguments)
    except (NotebookError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    pin_process()  # and with it the kernels of notebooks, which inherit the environment
    sys.stdout.reconfigure(errors="replace")  # a terminal without a β shows a question mark
    sys.exit(main())
