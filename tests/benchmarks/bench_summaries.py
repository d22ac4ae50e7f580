"""How long a summary of a Parquet file takes: `python tests/benchmarks/bench_summaries.py ROWS`.

The table has 20 columns: 12 numbers, of which 2 % of the cells are missing, 3 counts and 5 columns
of levels. It is written into a temporary folder, and is warm in the page cache.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ddlib.sites.stream import summarise_files
from ddlib.tables import Settings

GROUP = 500_000  # rows of a group of the file


def table(rows: int, generator: np.random.Generator) -> pa.Table:
    """Return rows of 20 columns that depend on a common factor."""
    z = generator.normal(size=(rows, 20)) + generator.normal(size=(rows, 1))
    columns = {
        f"lab{j}": pa.array(np.exp(z[:, j]).round(3), mask=generator.random(rows) < 0.02)
        for j in range(12)
    }
    counts = {f"count{j}": pa.array(generator.poisson(np.exp(z[:, j] / 2))) for j in range(12, 15)}
    levels = {
        "stage": pa.array(np.digitize(z[:, 15], [-1, 0, 1])),
        "sex": pa.array(np.array(["f", "m"])[(z[:, 16] > 0).astype(int)]),
        "ward": pa.array(np.array([*"abcd"])[np.digitize(z[:, 17], [-1, 0, 1])]),
        "smoker": pa.array((z[:, 18] > 0.5).astype(int)),
        "died": pa.array((z[:, 19] > 1).astype(int)),
    }
    return pa.table({**columns, **counts, **levels})


def main() -> None:
    """Write the file, summarise it, and tell time and memory."""
    rows, generator = int(sys.argv[1]), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.parquet"
        first = table(min(rows, GROUP), generator)
        with parquet.ParquetWriter(path, first.schema) as writer:
            writer.write_table(first)
            for start in range(GROUP, rows, GROUP):
                writer.write_table(table(min(GROUP, rows - start), generator))
        wall, process = time.perf_counter(), time.process_time()
        summary = summarise_files([path], Settings())
        wall, process = time.perf_counter() - wall, time.process_time() - process
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = f"{summary.rows} rows in {len(summary.moments.patterns)} patterns"
    print(f"{told}: {wall:.1f} s ({process:.1f} s of processors), at most {most:.2f} GiB")


if __name__ == "__main__":
    main()
