"""Long work says on stderr what it does; short work says nothing."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

SILENT = 2.0  # seconds of silence at the start
EVERY = 10.0  # seconds from one line to the next where nothing changes


class Progress:
    """The stage that some work is at.

    Args:
        stream: where lines go.
        silent: seconds in which nothing is said.
        every: seconds after which the same stage is said again.
    """

    def __init__(self, stream: TextIO, silent: float = SILENT, every: float = EVERY) -> None:
        self.stream, self.silent, self.every = stream, silent, every
        self.start, self.current, self.said = time.monotonic(), "", -math.inf
        self.last = ""  # that was said
        self.lock = threading.Lock()

    def stage(self, text: str) -> None:
        """Go on to the next stage, and say so if the work has taken long.

        Args:
            text: what is done now.
        """
        with self.lock:
            self.current = text
            if time.monotonic() - self.start >= self.silent:
                self._say()

    def tell(self) -> float:
        """Say the current stage, unless something was said a short time ago.

        Returns:
            Seconds until it is time to look again.
        """
        with self.lock:
            left = self.said + self.every - time.monotonic()
            if left > 0:
                return left
            if self.current:
                self._say()
            return self.every

    def _say(self) -> None:
        """Print the current stage; the lock is held."""
        seconds = time.monotonic() - self.start
        late = f" ({seconds:.0f} s)" if seconds >= 1 else ""
        still = "still " if self.current == self.last else ""
        print(f"{still}{self.current} …{late}", file=self.stream, flush=True)
        self.last, self.said = self.current, time.monotonic()


@contextmanager
def progress(
    stream: TextIO | None = None, *, silent: float = SILENT, every: float = EVERY
) -> Iterator[Progress]:
    """Say what is done, from when it has taken `silent` seconds until the context ends.

    Args:
        stream: where lines go; stderr unless told.
        silent: seconds in which nothing is said.
        every: seconds after which the same stage is said again.
    """
    told = Progress(stream or sys.stderr, silent, every)
    ended = threading.Event()

    def watch() -> None:
        wait = told.silent
        while not ended.wait(wait):
            wait = told.tell()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        thread.join()
