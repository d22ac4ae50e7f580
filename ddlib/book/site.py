"""The pages of the book, through Jupyter Book."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

from jupyter_book.cli.main import main as jupyter_book

from ddlib.book.sources import NotebookError

STRICT = ("-W", "-n", "--keep-going", "--quiet")  # warnings are errors, unknown references too


def build_site(source: Path, output: Path) -> None:
    """Build the pages in the folder `source` into `output`.

    Raises `NotebookError` when there was a warning; all of them are on stderr by then. What
    Jupyter Book says on stdout is left out: links into a folder that does not stay.
    """
    with redirect_stdout(io.StringIO()):
        try:
            jupyter_book(["build", str(source), "--path-output", str(output), *STRICT])
        except SystemExit as end:
            if end.code:
                raise NotebookError("the pages have warnings; they stand above") from None
