"""How long the store takes to answer for 1 000 configs: `python tests/benchmarks/bench_store.py`.

The files are warm in the page cache and hold 80 rows of four columns, as the merging study's do.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ddlib.config import Config, Seed
from ddlib.experiments.base import Column, Experiment
from ddlib.store import Store

COUNT, ROWS = 1000, 80


class BenchConfig(Config):
    seed: Seed


BENCH = Experiment(
    name="bench",
    config=BenchConfig,
    run=lambda config: pd.DataFrame(),
    columns={name: Column("of the benchmark") for name in ("method", "step", "value", "chosen")},
    version=1,
    seconds=lambda config: 0.0,
)


def bench_store(folder: Path) -> tuple[float, float]:
    """Return the seconds of wall time and of this process that it takes to find all configs."""
    store = Store((folder,))
    configs = [BenchConfig(seed=seed) for seed in range(COUNT)]
    rows = pd.DataFrame(
        {
            "method": [f"method {i // 20}" for i in range(ROWS)],
            "step": np.arange(ROWS),
            "value": np.random.default_rng(0).normal(size=ROWS),
            "chosen": np.arange(ROWS) == 0,
        }
    )
    for config in configs:
        store.save(BENCH, config, rows, {"seconds": 0.0})
    wall, process = time.perf_counter(), time.process_time()
    found = [store.find(BENCH, config) for config in configs]
    taken = time.perf_counter() - wall, time.process_time() - process
    assert all(stored is not None and len(stored.rows) == ROWS for stored in found)
    return taken


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        wall, process = bench_store(Path(temporary))
    print(f"{COUNT} stored configs found in {wall:.2f} s ({process:.2f} s of this process)")
