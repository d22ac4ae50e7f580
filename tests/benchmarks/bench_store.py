"""How long the store takes to answer for 1 000 configs: `python tests/benchmarks/bench_store.py`.

The rows are those of the benchmark, as they are committed, in one pack and in a file per config.
The files are warm in the page cache; the pack is not yet read by this process.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ddlib.config import Config
from ddlib.experiments.benchmark import BENCHMARK
from ddlib.runs.compute import collect
from ddlib.runs.packing import fold
from ddlib.runs.store import COMMITTED, Store

COUNT = 1000


def seconds(store: Store, configs: Sequence[Config]) -> tuple[float, float]:
    """Return the wall time and the time of this process that collecting `configs` takes."""
    wall, process = time.perf_counter(), time.process_time()
    table = collect(BENCHMARK, configs, store=store)
    taken = time.perf_counter() - wall, time.process_time() - process
    assert set(table["seed"]) == {config.seed for config in configs}
    return taken


def main() -> None:
    """Copy the committed rows, and collect them from single files and from a pack."""
    committed = [s for s in Store((COMMITTED,)).records() if s.experiment == BENCHMARK.name]
    configs = [BENCHMARK.config.from_stored(stored.provenance["config"]) for stored in committed]
    with tempfile.TemporaryDirectory() as folder:
        store = Store((Path(folder),))
        for config, stored in zip(configs, committed, strict=True):
            store.save(BENCHMARK, config, stored.rows, stored.provenance)
        for form in ("single files", "a pack"):
            wall, process = seconds(store, configs[:COUNT])
            print(f"{COUNT} of {len(configs)} configs from {form}: {wall:.2f} s ({process:.2f} s)")
            fold(BENCHMARK, Path(folder))


if __name__ == "__main__":
    main()
