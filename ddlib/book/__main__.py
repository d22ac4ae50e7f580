"""Command line of the tools of the book: `python -m ddlib.book COMMAND`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ddlib.book.execute import NotebookError, execute, write_whole
from ddlib.book.notebooks import weave
from ddlib.book.provenance import provenance_page
from ddlib.book.report import report
from ddlib.config import parse_parameter


def _run(arguments: argparse.Namespace) -> None:
    source = arguments.source
    if not source.is_file() or source.suffix != ".py":
        raise NotebookError(f"{source}: no such notebook source; they are notebooks/*.py")
    output = arguments.output or Path("_build", "runs", source.stem + ".ipynb")
    execute(source, output, dict(arguments.parameters))
    print(f"Executed {source} into {output}")


def _weave(arguments: argparse.Namespace) -> None:
    write_whole(weave(arguments.source, arguments.executed), arguments.output)


def _provenance(arguments: argparse.Namespace) -> None:
    arguments.output.write_text(provenance_page(arguments.executed, Path("notebooks")))


def _experiments(arguments: argparse.Namespace) -> None:
    from ddlib.book.experiments import experiments_page  # brings torch, slow to import

    arguments.output.write_text(experiments_page())


def _report(arguments: argparse.Namespace) -> None:
    report(arguments.executed).to_csv(arguments.output, index=False)
    print(f"Reported {len(arguments.executed)} runs in {arguments.output}")


def main() -> int:
    """Run one command; 0 on success, 1 with the failed cell or the wrong parameter on stderr."""
    parser = argparse.ArgumentParser(prog="python -m ddlib.book", description=__doc__)
    commands = parser.add_subparsers(required=True)

    run = commands.add_parser("run", help="execute a notebook source, with parameters")
    run.add_argument("source", type=Path)
    run.add_argument("parameters", nargs="*", type=parse_parameter, metavar="name=value")
    run.add_argument("--output", type=Path, help="the executed .ipynb (under _build/runs)")
    run.set_defaults(command=_run)

    page = commands.add_parser("weave", help="put the prose of a source around executed outputs")
    page.add_argument("source", type=Path)
    page.add_argument("executed", type=Path)
    page.add_argument("--output", type=Path, required=True)
    page.set_defaults(command=_weave)

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

    arguments = parser.parse_args()
    try:
        arguments.command(arguments)
    except (NotebookError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
