"""`ddlib`, and the same as `python -m ddlib`: see `ddlib.cli`."""

from __future__ import annotations

import io
import sys

from ddlib.kernels import pin_process


def run() -> int:
    """Run the command line with pinned kernels.

    Returns:
        The exit code.
    """
    pin_process()
    # Brings the libraries, whose kernels must be pinned before they are loaded.
    from ddlib.cli import main

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without a β shows a question mark
    return main()


if __name__ == "__main__":
    sys.exit(run())
