"""What a notebook that is being executed tells: how long it took before, and how far it is."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

BUILT = Path("_build", "executed")  # the chapters as the book has them
EVERY = 60.0  # seconds from one line of progress to the next


def announcement(source: Path, notebook: NotebookNode) -> str:
    """Return the line before an execution: how many cells, and how long they took in the book.

    Args:
        source: the notebook's source.
        notebook: what is executed.
    """
    number = sum(cell.cell_type == "code" for cell in notebook.cells)
    line = f"Executing {source}, {number} cells of code"
    built = BUILT / f"{source.stem}.ipynb"
    if not built.is_file():
        return line
    run = json.loads(built.read_text(encoding="utf-8"))["metadata"]["papermill"]
    return (
        f"{line}: {run['duration']:.0f} s in the book; with other parameters, a cell that computes "
        "rows anew says about how long it takes"
    )


class TellingEngine(NBClientEngine):
    """papermill's own engine, with a line on stderr every minute."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *args: Any, **kwargs: Any
    ) -> NotebookNode:
        """Execute a notebook and return it, as papermill asks for it.

        Args:
            nb_man: papermill's state of the execution, with the notebook.
            kernel_name: name of the kernel.
            args: what papermill's own engine takes beside them.
            kwargs: the same, by name.
        """
        with _telling(nb_man.nb):
            return super().execute_managed_notebook(nb_man, kernel_name, *args, **kwargs)


papermill_engines.register("telling", TellingEngine)


@contextmanager
def _telling(notebook: NotebookNode) -> Iterator[None]:
    """Say how far `notebook` is, every minute until the context ends."""
    ended, start = threading.Event(), time.monotonic()

    def tell() -> None:
        while not ended.wait(EVERY):
            minutes = (time.monotonic() - start) / 60
            print(f"  {_position(notebook)}, after {minutes:.0f} min", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _position(notebook: NotebookNode) -> str:
    """Return which cell of code is running, and its first line."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    done = sum(cell.metadata.papermill.status == "completed" for cell in code)
    running = code[min(done, len(code) - 1)].source.partition("\n")[0]
    return f"cell {done + 1} of {len(code)}: {running}"
