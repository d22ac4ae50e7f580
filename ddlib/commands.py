"""The commands of `python -m ddlib` that compute: one config, a batch of a sweep, the audit."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

import torch

from ddlib.audit import recompute, sample
from ddlib.compute import compute_and_save, estimate, lacks
from ddlib.config import parse_parameters
from ddlib.experiments.registry import find_experiment
from ddlib.grid import read_grid
from ddlib.store import COMMITTED, Store, StoreError, config_hash


def execute(arguments: argparse.Namespace) -> int:
    """Run the command that was chosen; 2 with one line on stderr when it is refused."""
    torch.set_num_threads(1)  # one config, one core: jobs beside each other must not starve
    command = {"run": run, "check": check, "batch": batch, "audit": audit}[arguments.command]
    try:
        return command(arguments)
    except (StoreError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


def run(arguments: argparse.Namespace) -> int:
    """Compute one config, unless the store has it, and print where its rows are."""
    experiment = find_experiment(arguments.experiment)
    config = experiment.config(**parse_parameters(arguments.parameters))
    store = _store(arguments)
    if lacks(experiment, config, store=store, replace=arguments.replace) or arguments.replace:
        store.require_writable(experiment)
        compute_and_save(experiment, config, store=store)
    stored = store.find(experiment, config)
    print(stored.rows.to_string())
    print(f"{store.folders[0] / experiment.name / config_hash(config)}.parquet")
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Say what a grid would compute, and about how long that takes."""
    grid = read_grid(arguments.grid)
    if grid.notebook:
        print(f"{grid.name}: {len(grid.points)} runs of {grid.notebook}")
        return 0
    experiment, configs = grid.configs()
    store = _store(arguments)
    missing = [c for c in configs if lacks(experiment, c, store=store, replace=arguments.replace)]
    if missing:
        store.require_writable(experiment)
    print(f"{grid.name}: {estimate(experiment, missing, len(configs))}")
    return 0


def batch(arguments: argparse.Namespace) -> int:
    """Compute the configs of one batch of a sweep that the store lacks; go on past a failure.

    Configs `start` to `stop` of the grid. The log of a config that fails is written to
    `failures/<hash>.log`; the exit code is 1 when there was one.
    """
    experiment, configs = read_grid(arguments.grid).configs()
    store, failed = _store(arguments), 0
    arguments.failures.mkdir(parents=True, exist_ok=True)
    for config in configs[arguments.start : arguments.stop]:
        log = arguments.failures / f"{config_hash(config)}.log"
        log.unlink(missing_ok=True)
        if not lacks(experiment, config, store=store, replace=arguments.replace):
            continue
        store.require_writable(experiment)
        try:
            compute_and_save(experiment, config, store=store)
        except StoreError:  # the disk's fault, not the config's: the next would fail too
            raise
        except Exception:  # whatever an experiment raises: it is logged, and fails the batch
            text = f"{experiment.name} {config!r}\n\n{traceback.format_exc()}"
            log.write_text(text, encoding="utf-8")
            failed += 1
    return 1 if failed else 0


def audit(arguments: argparse.Namespace) -> int:
    """Recompute a random sample of stored configs; 1 when a number left its tolerance."""
    seed = int(time.time()) if arguments.seed is None else arguments.seed
    chosen = sample(_store(arguments), seconds=arguments.seconds, seed=seed)
    print(f"audit: {len(chosen)} stored configs, seed {seed}")
    changed = 0
    for path in chosen:
        result = recompute(path)
        print(f"  {path.parent.name}/{path.name}: {'changed' if result.differences else 'same'}")
        for line in result.differences:
            print(f"    {path.parent.name} {result.config}: {line}")
        changed += bool(result.differences)
    print(f"audit: {len(chosen) - changed} same, {changed} changed")
    return 1 if changed or not chosen else 0


def _store(arguments: argparse.Namespace) -> Store:
    return Store((arguments.results or COMMITTED,))
