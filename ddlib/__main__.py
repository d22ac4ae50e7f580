"""`python -m ddlib`: see `ddlib.cli`."""

import sys

from ddlib.kernels import pin_process


def run() -> int:
    """Run the command with pinned kernels, which must stand before a library is loaded."""
    pin_process()
    from ddlib.cli import main

    return main()


sys.exit(run())
