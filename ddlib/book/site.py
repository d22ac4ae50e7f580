"""The pages of the book, through Jupyter Book."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

from jupyter_book.cli.main import main as jupyter_book

from ddlib.runs.notebook import NotebookError

STRICT = ("-W", "-n", "--keep-going", "--quiet")  # warnings are errors, unknown references too


def build_site(source: Path, output: Path) -> None:
    """Build the pages of the book.

    What Jupyter Book says on stdout is left out: links into a folder that does not stay.

    Args:
        source: folder of the pages.
        output: folder that Jupyter Book builds into.

    Raises:
        NotebookError: for any warning; all of them are on stderr by then.
    """
    with redirect_stdout(io.StringIO()):
        try:
            jupyter_book(["build", str(source), "--path-output", str(output), *STRICT])
        except SystemExit as end:
            if end.code:
                message = f"{source}: has warnings, which stand above; must have none"
                raise NotebookError(message) from None
