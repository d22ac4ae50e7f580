"""The list of all experiments, kept beside the digest of the sources that it was made from.

What an experiment takes and returns is known to its module alone, and to import them all brings
torch: seconds. So the list is made once for each state of the library, and read from then on.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
KEPT = LIBRARY.parent / "_build" / "experiments.txt"


def listing() -> str:
    """Return each experiment with its parameters, defaults, columns and rough cost."""
    digest = hashlib.sha256()
    for path in sorted(LIBRARY.rglob("*.py")):
        digest.update(path.read_bytes())
    heading = f"# of sources with the digest {digest.hexdigest()}\n"
    if KEPT.is_file():
        kept = KEPT.read_text(encoding="utf-8")
        if kept.startswith(heading):
            return kept.removeprefix(heading)
    text = experiments_text()
    _keep(heading + text)
    return text


def experiments_text() -> str:
    """Return the list as it is made, from the registry."""
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


def _keep(text: str) -> None:
    """Write the kept list in one step, where this user may write."""
    checkout = KEPT.parents[1]
    if not os.access(checkout, os.W_OK):
        return
    KEPT.parent.mkdir(exist_ok=True)
    unfinished = KEPT.with_name(f".{KEPT.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(KEPT)
