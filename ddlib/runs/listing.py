"""The list of all experiments, kept beside the digest of the sources that it was made from.

What an experiment takes and returns is known to its module alone, and to import them all brings
torch: seconds. So the list is made once for each state of the library, and read from then on.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from ddlib.runs.places import CHECKOUT, ROOT

LIBRARY = Path(__file__).resolve().parents[1]
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
KEPT = Path(ROOT, "_build") if CHECKOUT else Path(CACHE, "ddlib")
"""Folder of the kept list."""


def listing() -> str:
    """Return each experiment with its parameters, defaults, columns and rough cost."""
    digest = hashlib.sha256()
    for path in sorted(LIBRARY.rglob("*.py")):
        digest.update(path.read_bytes())
    heading = f"# of sources with the digest {digest.hexdigest()}\n"
    kept = KEPT / "experiments.txt"
    if kept.is_file():
        text = kept.read_text(encoding="utf-8")
        if text.startswith(heading):
            return text.removeprefix(heading)
    text = experiments_text()
    _keep(heading + text, kept)
    return text


def experiments_text() -> str:
    """Return the list as it is made, from the registry."""
    # Brings pydantic, and with the experiments torch, which a kept list can do without.
    from ddlib.experiments.registry import EXPERIMENTS

    lines = []
    for name, experiment in EXPERIMENTS.items():
        cost = experiment.seconds(experiment.config(seed=0))
        lines.append(f"{name}  (version {experiment.version}, about {cost:.0f} s a config)")
        lines.append(f"  {experiment.summary}\n  parameters:")
        for field, info in experiment.config.model_fields.items():
            default = "required" if info.is_required() else f"default {info.default!r}"
            lines.append(f"    {field}: {default}")
        lines.append("  columns:")
        for column, about in experiment.columns.items():
            unit = f" [{about.unit}]" if about.unit else ""
            lines.append(f"    {column}: {about.meaning}{unit}")
    return "\n".join(lines) + "\n"


def _keep(text: str, path: Path) -> None:
    """Write the kept list in one step, where this user may write and has a home."""
    if not path.is_absolute():
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
