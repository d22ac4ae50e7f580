"""Records of the benchmark as files: where their rows come from, and whether they are unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ddlib.benchmark.recorded import check_record
from ddlib.experiments.benchmark import BENCHMARK, BenchmarkConfig
from ddlib.html.markup import printable
from ddlib.runs.store import Store

KEPT = ("commit", "clean", "python", "packages", "machine", "processor", "arithmetic")
"""What a record says of where rows come from."""


def check_file(path: Path) -> int:
    """Print of each method in a record whether its digest fits.

    Args:
        path: of the record.

    Returns:
        The exit code: 0; 1 where one does not fit.

    Raises:
        ValueError: for a file that is no record, with a line for all that is wrong.
    """
    try:
        found = check_record(path.read_text("utf-8"), BENCHMARK.timed)
    except OSError as error:
        raise ValueError(f"--check = {path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # of a text that is no UTF-8, too
        lines = [f"--check = {path}: {line}" for line in str(error).splitlines()]
        raise ValueError(printable("\n".join(lines))) from error
    for method, misfit in found.items():
        print(printable(f"{method}: {misfit or 'sha256 fits'}"))
    return 1 if any(found.values()) else 0


def origins_of(configs: Sequence[BenchmarkConfig], store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return method -> what its rows depend on beside their configs, without repeats.

    Args:
        configs: of the rows.
        store: has them.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for config in configs:
        stored = store.find(BENCHMARK, config)
        known = found.setdefault(config.method, [])
        if stored is not None:
            origin = {name: stored.provenance.get(name) for name in KEPT}
            known += [] if origin in known else [origin]
    return found
