"""The commands of `python -m ddlib` that compute: one config, a batch of a sweep, the audit."""

from __future__ import annotations

import argparse
import sys
import traceback

from ddlib.arithmetic import fingerprint
from ddlib.audit import plan, recompute
from ddlib.compute import compute_and_save, estimate, lacks
from ddlib.config import parse_parameters
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from ddlib.grid import read_grid
from ddlib.packing import fold
from ddlib.provenance import environment
from ddlib.store import COMMITTED, Store, config_hash
from ddlib.stored import StoreError


def execute(arguments: argparse.Namespace) -> int:
    """Run the command that was chosen; 2 with one line on stderr when it is refused."""
    commands = {"run": run, "check": check, "batch": batch, "pack": pack, "audit": audit}
    command = commands[arguments.command]
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
    print(stored.path)
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


def pack(arguments: argparse.Namespace) -> int:
    """Fold the single files of experiments (all unless told) into one file an experiment."""
    for experiment in [find_experiment(name) for name in arguments.experiments or EXPERIMENTS]:
        print(*fold(experiment, arguments.results or COMMITTED), sep="\n")
    return 0


def audit(arguments: argparse.Namespace) -> int:
    """Recompute a random sample of stored configs; 1 when a number came out other.

    Unless told, the sample follows from the commit: a commit that passed once passes again.
    """
    seed = arguments.seed or environment()["commit"] or "outside a checkout"
    planned = plan(
        _store(arguments),
        seconds=arguments.seconds,
        seed=seed,
        count=arguments.count,
        loose=arguments.loose,
    )
    others = "compared within tolerances" if arguments.loose else "left out"
    exact = ", ".join(f"{name} {count}" for name, count in planned.exact.items())
    print(
        f"audit: recomputes {planned.share}, in about {planned.seconds:.0f} s on one core\n"
        f"audit: the sample follows from the seed {seed}\n"
        f"audit: {sum(planned.exact.values())} of {planned.total} have the arithmetic of this "
        f"process, {fingerprint()}, and are compared to the last bit; the others are {others}\n"
        f"audit: of each experiment {exact}"
    )
    changed = 0
    for stored in planned.chosen:
        differences = recompute(stored)
        verdict = "changed" if differences else "same"
        print(f"  {stored.experiment}/{stored.hash}: {verdict}", flush=True)
        for line in differences:
            print(f"    {stored.experiment} {stored.provenance['config']}: {line}")
        changed += bool(differences)
    same = len(planned.chosen) - changed
    print(f"audit: {same} same, {changed} changed, of {planned.share}")
    return 1 if changed else 0


def _store(arguments: argparse.Namespace) -> Store:
    return Store((arguments.results or COMMITTED,))
