"""What a result depends on beside its parameters: commit, versions, machine."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "numpy", "scipy", "pandas", "scikit-learn", "pgmpy", "matplotlib")


@functools.cache
def environment() -> dict[str, Any]:
    """Return commit (None outside a checkout), whether the tree was clean, versions, machine.

    Looked up once a process: it describes the code that the process has loaded.
    """
    return {
        "commit": _git("rev-parse", "HEAD"),
        # Results do not change the code that computes them: a sweep must not soil itself.
        "clean": _git("status", "--porcelain", "--", ":/", ":!/book/results") == "",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _git(*arguments: str) -> str | None:
    """Return what git prints, or None without git or outside a checkout (an archive, say)."""
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
