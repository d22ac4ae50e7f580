"""`python -m ddlib`: see `ddlib.cli`."""

import sys

from ddlib.kernels import pin_process


def run() -> int:
    """Run the command with pinned kernels, which must stand before a library is loaded."""
    pin_process()
    from ddlib.cli import main

    sys.stdout.reconfigure(errors="replace")  # a terminal without a β shows a question mark
    return main()


sys.exit(run())
