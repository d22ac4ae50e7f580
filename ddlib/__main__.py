"""`ddlib`, and the same as `python -m ddlib`: see `ddlib.cli`."""

from __future__ import annotations

import errno
import io
import os
import sys

from ddlib.kernels import pin_process

CUT_OFF = 141  # the exit code of a program that a closed pipe ends
STOPPED = 130  # that of one that its user stops


class _Told(io.TextIOWrapper):
    """What goes to the errors' stream, where there is room; that there is none changes no work."""

    def write(self, text: str, /) -> int:
        """Write a text, or lose it.

        Args:
            text: what is told.

        Returns:
            How many characters it has.
        """
        try:
            return super().write(text)
        except OSError:
            self._lose()
            return len(text)

    def flush(self) -> None:
        """Pass on what was written, or lose it."""
        try:
            super().flush()
        except OSError:
            self._lose()

    def _lose(self) -> None:
        """Let what is left go nowhere, at the end of the process too."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


def _open_streams() -> None:
    """Give the process an output and errors' stream where its caller has closed them."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            lost = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, as long as the process
            setattr(sys, name, lost)
    if sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        told, form = sys.stderr, sys.stderr.encoding
        sys.stderr = _Told(told.buffer, form, told.errors, line_buffering=True, write_through=True)


def run() -> int:
    """Run the command line with pinned kernels.

    Returns:
        The exit code.
    """
    _open_streams()
    pin_process()
    # Brings the libraries, whose kernels must be pinned before they are loaded.
    from ddlib.cli import main

    if "" not in sys.path:  # the script's folder stands there, not that in which one works
        sys.path.append("")  # last: a module of one's own may have the name of another
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without a β shows a question mark
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    except OSError as error:
        # Of the output alone: it has no name. Whoever reads it has enough, or it has no room.
        if error.errno not in {errno.EPIPE, errno.ENOSPC} or error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            return CUT_OFF
        print(f"ddlib: output: {error.strerror}", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(run())
