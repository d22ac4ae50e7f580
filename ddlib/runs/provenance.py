"""What a result depends on beside its parameters: commit, versions, machine, arithmetic."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ddlib.kernels import unpinned
from ddlib.runs.places import ROOT

PACKAGES = ("torch", "numpy", "scipy", "pandas", "scikit-learn", "pgmpy", "matplotlib")


@functools.cache
def environment() -> dict[str, Any]:
    """Return commit, whether the tree was clean, versions and machine.

    The commit is None outside a checkout of the project's own. `unpinned` are the variables that
    let libraries choose their kernels by the processor (see `ddlib.kernels`). Looked up once a
    process: it describes the code that the process has loaded.
    """
    # Unpacked inside another repository, the project must not take that one's commit for its own.
    own = _git("rev-parse", "--show-toplevel") == str(ROOT)
    return {
        "commit": _git("rev-parse", "HEAD") if own else None,
        # Results do not change the code that computes them: a sweep must not soil itself.
        "clean": own and _git("status", "--porcelain", "--", ":/", ":!/book/results") == "",
        "python": platform.python_version(),
        "packages": _versions(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "processor": _processor(),
        "c_library": " ".join(platform.libc_ver()),
        "unpinned": unpinned(),
    }


def arithmetic() -> dict[str, Any]:
    """Return what computes in this process: its fingerprint, and builds and kernels of libraries.

    Loads the libraries, unlike `environment`.
    """
    # Both bring libraries, which `environment` can do without.
    from threadpoolctl import threadpool_info

    from ddlib.runs.arithmetic import fingerprint

    found = fingerprint()  # and with it all libraries are loaded
    libraries = [
        " ".join(
            str(info[key]) for key in ("internal_api", "version", "architecture") if key in info
        )
        for info in threadpool_info()
    ]
    return {"arithmetic": found, "libraries": sorted(libraries)}


def _versions() -> dict[str, str]:
    """Return name -> version of those of `PACKAGES` that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pgmpy is an extra
            continue
    return found


def _processor() -> str:
    """Return the model of the processor, as Linux tells it, or what Python knows."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _git(*arguments: str) -> str | None:
    """Return what git prints, or None without git or outside a checkout (an archive, say)."""
    # GIT_DIR and the like would name another repository.
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments],
            capture_output=True,
            check=False,
            env=own,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
