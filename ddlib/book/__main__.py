"""Command line of the tools of the book: `python -m ddlib.book COMMAND`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ddlib.book.project import check, require_home
from ddlib.config import ParameterError, parse_parameters
from ddlib.kernels import pin_process
from ddlib.runs.notebook import NotebookError, check_parameters
from ddlib.runs.places import FolderError, require_writable

# What a command needs is imported in it: a wrong parameter is told before papermill is loaded.

BIBLIOGRAPHY, CONFIG = Path("book/references.bib"), Path("_config.yml")  # of the book at work


def _run(arguments: argparse.Namespace) -> None:
    """Execute one notebook."""
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
    if not arguments.readable:
        print(f"Executed {source} into {output}")
        return
    from ddlib.book.downloads import result
    from ddlib.book.notebooks import write_whole

    write_whole(result(output, BIBLIOGRAPHY, CONFIG), output)
    print(f"Wrote {output}: the chapter with its numbers, tables and figures, to open in Jupyter")


def _check(arguments: argparse.Namespace) -> None:
    """Check the book in the current directory."""
    check(Path("."))


def _weave(arguments: argparse.Namespace) -> None:
    """Write a page, the data of its figures, and the notebook that it offers for download."""
    import nbformat

    from ddlib.book.downloads import download
    from ddlib.book.figure_data import again, take_data, write_data
    from ddlib.book.notebooks import weave, write_whole

    source, executed = arguments.source, arguments.executed
    page, metadata = weave(source, executed), nbformat.read(executed, as_version=4).metadata
    given = metadata.get("papermill", {}).get("parameters", {})
    write_data(take_data(page, again(source, given)), arguments.figures)
    write_whole(page, arguments.page)
    clean = download(source, executed, BIBLIOGRAPHY, CONFIG)
    write_whole(clean, arguments.download)


def _site(arguments: argparse.Namespace) -> None:
    """Build the pages."""
    from ddlib.book.site import build_site

    build_site(arguments.source, arguments.output)


def _provenance(arguments: argparse.Namespace) -> None:
    """Write the page of provenance."""
    from ddlib.book.project import reading_order
    from ddlib.book.provenance import provenance_page

    page = provenance_page(arguments.executed, Path("notebooks"), reading_order(Path()))
    arguments.output.write_text(page, encoding="utf-8")


def _experiments(arguments: argparse.Namespace) -> None:
    """Write the page of experiments."""
    from ddlib.book.experiments import experiments_page
    from ddlib.runs.listing import listing

    arguments.output.write_text(experiments_page(), encoding="utf-8")
    listing()  # kept for `ddlib list`, while what it takes seconds to import is here


def _claims(arguments: argparse.Namespace) -> None:
    """Write the table of claims, how many have each verdict, and how few rows were enough."""
    from ddlib.book.enough import enough
    from ddlib.book.landing import raw_html, verdicts
    from ddlib.claims.claim import read_claims
    from ddlib.claims.tables import summary_markdown
    from ddlib.claims.verdict import judge
    from ddlib.runs.store import Store

    store = Store.at(None)
    judged = judge(read_claims(), store=store)
    arguments.output.write_text(summary_markdown(judged), encoding="utf-8")
    arguments.counts.write_text(raw_html(verdicts(judged)), encoding="utf-8")
    arguments.enough.write_text(enough(store=store), encoding="utf-8")


def _picture(arguments: argparse.Namespace) -> None:
    """Write the picture of the landing page."""
    from ddlib.book.landing import picture, raw_html

    arguments.output.write_text(raw_html(picture(arguments.executed)), encoding="utf-8")


def _methods(arguments: argparse.Namespace) -> None:
    """Write which methods are best on how many tasks."""
    from ddlib.book.landing import best_methods

    arguments.output.write_text(best_methods(arguments.executed), encoding="utf-8")


def _reference(arguments: argparse.Namespace) -> None:
    """Write the pages of the library."""
    from ddlib.book.reference import write_reference

    write_reference(Path("."), arguments.output)


def _pdf(_: argparse.Namespace) -> None:
    """Print the built book."""
    from ddlib.book.pdf import make_pdf

    made = make_pdf(Path("."), Path("_build", "html"))
    print(f"Open {made.resolve().as_uri()}")


def _screenshots(arguments: argparse.Namespace) -> None:
    """Compare how the built pages look with what is stored, or store it."""
    from ddlib.book.screenshots import STORED, compare, store

    site, pages = Path("_build", "html"), arguments.pages
    if arguments.update:
        print(f"Stored {store(site, STORED, pages=pages) / 1e6:.1f} MB in {STORED}")
    elif told := [*compare(site, STORED, Path("_build", "screenshots"), pages=pages)]:
        raise ValueError("\n".join(told))
    else:
        print(f"Compared with {STORED}: no page differs")


def _report(arguments: argparse.Namespace) -> None:
    """Write the table of a sweep over a notebook."""
    from ddlib.book.report import report

    report(arguments.executed).to_csv(arguments.output, index=False)
    print(f"Reported {len(arguments.executed)} runs in {arguments.output}")


def _verdicts(arguments: argparse.Namespace) -> None:
    """Compare two builds, and fail where they differ."""
    from ddlib.book.verdicts import compare_builds

    compared = compare_builds(arguments.first, arguments.second)
    found = f"{compared.words} verdict words, {len(compared.differences)} cells differ"
    if compared.differences:
        raise ValueError("\n".join((*compared.differences, found)))
    print(found)


def main() -> int:
    """Run one command; 0 on success, 1 with the failed cell or the wrong parameter on stderr."""
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
    except (NotebookError, FolderError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="python -m ddlib.book", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace], None], summary: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=run)
        return added

    _run_arguments(command("run", _run, "execute a notebook source, with parameters"))
    command("check", _check, "say what would stop a build of the book")
    _page_arguments(command("weave", _weave, "put the prose of a source around executed outputs"))
    site = command("site", _site, "build the pages, from an empty folder")
    site.add_argument("source", type=Path)
    table = command("provenance", _provenance, "tell what the executed notebooks ran with")
    about = command("experiments", _experiments, "tell what is stored of which experiments")
    answers = command("claims", _claims, "tell what was found on the claims of the paper")
    answers.add_argument("--counts", type=Path, required=True, help="the verdicts, counted")
    answers.add_argument("--enough", type=Path, required=True, help="how few rows were enough")
    drawn = command("picture", _picture, "take the run at work out of the first chapter")
    drawn.add_argument("executed", type=Path, help="the first chapter, executed")
    best = command("methods", _methods, "tell which methods the benchmark found to be best")
    best.add_argument("executed", type=Path, help="the chapter of the benchmark, executed")
    library = command("reference", _reference, "tell what is in the library, a page a package")
    command("pdf", _pdf, "print the built book into one PDF, and offer it on the landing page")
    shots = command("screenshots", _screenshots, "compare how the built pages look with before")
    shots.add_argument("pages", nargs="*", help="names without .html, such as notebooks/merging")
    shots.add_argument("--update", action="store_true", help="store how they look now")
    numbers = command("report", _report, "collect what several runs glue into one table")
    for added in (table, numbers):
        added.add_argument("executed", type=Path, nargs="+")
    for added in (site, table, about, answers, drawn, best, library, numbers):
        added.add_argument("--output", type=Path, required=True)
    words = command("verdicts", _verdicts, "compare the verdict words of two builds")
    words.add_argument("first", type=Path, help="folder of executed notebooks")
    words.add_argument("second", type=Path, help="another")
    return parser


def _run_arguments(run: argparse.ArgumentParser) -> None:
    """Add what is executed, and where it goes."""
    run.add_argument("source", type=Path)
    run.add_argument("parameters", nargs="*", metavar="name=value")
    run.add_argument("--output", type=Path, help="the executed .ipynb (under _build/runs)")
    run.add_argument("--quiet", action="store_true", help="leave out what cells print")
    run.add_argument(
        "--readable", action="store_true", help="write the prose with its numbers, for a reader"
    )


def _page_arguments(page: argparse.ArgumentParser) -> None:
    """Add what is woven, and where it goes."""
    page.add_argument("source", type=Path)
    page.add_argument("executed", type=Path)
    page.add_argument("--page", type=Path, required=True)
    page.add_argument("--figures", type=Path, required=True, help="folder of the figures' data")
    page.add_argument("--download", type=Path, required=True, help="the notebook without outputs")


if __name__ == "__main__":
    pin_process()  # and with it the kernels of notebooks, which inherit the environment
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without a β shows a question mark
    sys.exit(main())
