"""The peak of a process's memory, as Linux tells it."""

from __future__ import annotations

import math
from pathlib import Path

PROC = Path("/proc/self")


class PeakMemory:
    """The most memory that the process has held since now, beyond what it holds now.

    Where the system tells no peak, or does not let it be reset, it is NaN.
    """

    def __init__(self, proc: Path = PROC) -> None:
        """Start from what the process holds.

        Args:
            proc: folder in which the system tells of the process.
        """
        self._proc = proc
        try:
            (proc / "clear_refs").write_text("5", encoding="ascii")  # sets the peak to the present
            self._start = self._told("VmHWM")
        except OSError:
            self._start = math.nan

    @property
    def mebibytes(self) -> float:
        """The peak so far, in MiB."""
        return (
            max(0.0, self._told("VmHWM") - self._start) if self._start == self._start else math.nan
        )

    def _told(self, name: str) -> float:
        """Return a size that the system tells, in MiB; NaN where it tells none."""
        text = (self._proc / "status").read_text(encoding="ascii", errors="replace")
        sizes = [line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:")]
        return int(sizes[0]) / 1024 if sizes else math.nan
