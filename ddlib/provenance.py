"""What a result depends on beside its parameters: commit, versions, machine."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("torch", "numpy", "scipy", "pandas", "scikit-learn", "pgmpy", "matplotlib")


@functools.cache
def environment() -> dict[str, Any]:
    """Return commit, whether the tree was clean, versions and machine.

    The commit is None outside a checkout of the project's own. Looked up once a process: it
    describes the code that the process has loaded.
    """
    # Unpacked inside another repository, the project must not take that one's commit for its own.
    own = _git("rev-parse", "--show-toplevel") == str(ROOT)
    return {
        "commit": _git("rev-parse", "HEAD") if own else None,
        # Results do not change the code that computes them: a sweep must not soil itself.
        "clean": own and _git("status", "--porcelain", "--", ":/", ":!/book/results") == "",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _git(*arguments: str) -> str | None:
    """Return what git prints, or None without git or outside a checkout (an archive, say)."""
    command = ["git", "-C", str(ROOT), *arguments]
    text = {"encoding": "utf-8", "errors": "replace"}
    try:
        done = subprocess.run(command, capture_output=True, check=False, **text)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
