# Sweeps: `make sweep GRID=grids/descents.yml`, on this machine or, with a profile, on a cluster.
#
# A grid of an experiment becomes batches; each computes the configs that the store lacks, and a
# failing config does not stop the others. A grid over a notebook becomes one executed notebook a
# point, and one table of what they report.

import time

from ddlib.runs.grid import read_grid
from ddlib.runs.batches import point_name, unfinished
from ddlib.runs.places import COMMITTED
from ddlib.runs.store import Store

grid = read_grid(Path(GRID))
RESULTS = Path(config.get("results", COMMITTED))
SWEEP = f"_build/sweeps/{grid.name}"
REPLACE = bool(config.get("replace"))  # recompute damaged files in place of stopping at them
STARTED = time.time()


def batch_targets():
    """Markers of the batches that have something to compute; a marker without rows is stale."""
    if not workflow.is_main_process:
        return []  # a job on a cluster reads this file too, and must not unlink others' markers
    experiment, configs = grid.configs()
    slices = unfinished(experiment, configs, store=Store((RESULTS,)), replace=REPLACE)
    targets = [f"{SWEEP}/{start}-{stop}.done" for start, stop in slices]
    for target in targets:
        Path(target).unlink(missing_ok=True)
    return targets


onerror:
    # Named at the end, where a reader looks, and not in the middle of thousands of lines.
    for log_file in sorted(Path(SWEEP).glob("failed/*.log")):
        first, *_ = log_file.read_text(encoding="utf-8").splitlines()
        print(f"failed: {first}\n        log: {log_file}")
    # On a cluster, also a job that ran out of time or memory; logs of those that ended well go.
    for log_file in sorted(Path(".snakemake/slurm_logs").rglob("*.log")):
        if log_file.stat().st_mtime >= STARTED:
            print(f"failed: a SLURM job\n        log: {log_file}")


rule batch:
    output:
        touch(SWEEP + "/{start,[0-9]+}-{stop,[0-9]+}.done"),
    params:
        grid=GRID,
        results=RESULTS,
        failures=f"{SWEEP}/failed",
        replace="--replace" if REPLACE else "",
    threads: 1
    resources:
        mem_mb=2000,  # on a cluster, Snakemake itself runs twice around the batch
        runtime=60,
    shell:
        "python -m ddlib batch {params.grid:q} "
        "{wildcards.start} {wildcards.stop} --results {params.results:q} "
        "--failures {params.failures:q} {params.replace}"


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
            mem_mb=3000,
            runtime=240,
        shell:
            "python -m ddlib.book run {input} {params.given:q} --quiet --output {output}"

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
