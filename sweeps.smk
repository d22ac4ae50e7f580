# Sweeps: `make sweep GRID=grids/merging.yml`, on this machine or, with a profile, on a cluster.
#
# A grid of an experiment becomes batches; each computes the configs that the store lacks, and a
# failing config does not stop the others. A grid over a notebook becomes one executed notebook a
# point, and one table of what they report.

from ddlib.grid import read_grid
from ddlib.store import COMMITTED, Store
from ddlib.sweep import point_name, unfinished

grid = read_grid(Path(GRID))
RESULTS = Path(config.get("results", COMMITTED))
SWEEP = f"_build/sweeps/{grid.name}"


def batch_targets():
    """Markers of the batches that have something to compute; a marker without rows is stale."""
    experiment, configs = grid.configs()
    slices = unfinished(experiment, configs, store=Store((RESULTS,)))
    targets = [f"{SWEEP}/{start}-{stop}.done" for start, stop in slices]
    for target in targets:
        Path(target).unlink(missing_ok=True)
    return targets


onerror:
    # Named at the end, where a reader looks, and not in the middle of thousands of lines.
    for log_file in sorted(Path(SWEEP).glob("failed/*.log")):
        print(f"failed: {log_file.read_text().splitlines()[0]}\n        log: {log_file}")


rule batch:
    output:
        touch(SWEEP + "/{start,[0-9]+}-{stop,[0-9]+}.done"),
    params:
        grid=GRID,
        results=RESULTS,
        failures=f"{SWEEP}/failed",
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    shell:
        "OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 python -m ddlib batch {params.grid:q} "
        "{wildcards.start} {wildcards.stop} --results {params.results:q} "
        "--failures {params.failures:q}"


if grid.notebook:
    POINTS = {point_name(point): point for point in grid.points}

    rule point:
        input:
            grid.notebook,
        output:
            SWEEP + "/{point,[0-9a-f]+}.ipynb",
        params:
            given=lambda w: [f"{k}={json.dumps(v)}" for k, v in POINTS[w.point].items()],
        threads: 1
        resources:
            mem_mb=2000,
            runtime=240,
        shell:
            "OMP_NUM_THREADS=1 python -m ddlib.book run {input} {params.given:q} --output {output}"

    rule sweep:
        input:
            expand(SWEEP + "/{point}.ipynb", point=POINTS),
        output:
            f"{SWEEP}/report.csv",
        shell:
            "python -m ddlib.book report {input} --output {output}"

else:

    rule sweep:
        input:
            batch_targets(),
