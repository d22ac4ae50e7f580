"""Command line: list experiments, compute one config or a batch of a sweep, pack, audit."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import torch

from ddlib.audit import recompute, sample
from ddlib.compute import compute_and_save, estimate, lacks
from ddlib.config import ParameterError, parse_parameter
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from ddlib.grid import GridError, read_grid
from ddlib.packing import fold
from ddlib.store import COMMITTED, Store, config_hash
from ddlib.stored import StoreError

REFUSED = (ParameterError, GridError, StoreError, ValueError)


def list_experiments(arguments: argparse.Namespace) -> int:
    """Print each experiment with its parameters, defaults, columns and rough cost."""
    for name, experiment in EXPERIMENTS.items():
        cost = experiment.seconds(experiment.config(seed=0))
        print(f"{name}  (version {experiment.version}, about {cost:.0f} s a config)")
        print(f"  {experiment.summary}\n  parameters:")
        for field, info in experiment.config.model_fields.items():
            default = "required" if info.is_required() else f"default {info.default!r}"
            print(f"    {field}: {default}")
        print("  columns:")
        for column, about in experiment.columns.items():
            unit = f" [{about.unit}]" if about.unit else ""
            print(f"    {column}: {about.meaning}{unit}")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Compute one config, unless the store has it, and print where its rows are."""
    experiment = find_experiment(arguments.experiment)
    config = experiment.config(**dict(arguments.parameters))
    store = Store((arguments.results,))
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
    store = Store((arguments.results,))
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
    store, failed = Store((arguments.results,)), 0
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
            log.write_text(f"{experiment.name} {config!r}\n\n{traceback.format_exc()}")
            failed += 1
    return 1 if failed else 0


def pack(arguments: argparse.Namespace) -> int:
    """Fold the single files of experiments (all unless told) into one file an experiment."""
    for experiment in [find_experiment(name) for name in arguments.experiments or EXPERIMENTS]:
        print(*fold(experiment, arguments.results), sep="\n")
    return 0


def audit(arguments: argparse.Namespace) -> int:
    """Recompute a random sample of stored configs; 1 when a number left its tolerance."""
    seed = int(time.time()) if arguments.seed is None else arguments.seed
    chosen = sample(Store((arguments.results,)), seconds=arguments.seconds, seed=seed)
    print(f"audit: {len(chosen)} stored configs, seed {seed}")
    changed = 0
    for stored in chosen:
        result = recompute(stored)
        verdict = "changed" if result.differences else "same"
        print(f"  {stored.experiment}/{stored.hash}: {verdict}")
        for line in result.differences:
            print(f"    {stored.experiment} {result.config}: {line}")
        changed += bool(result.differences)
    print(f"audit: {len(chosen) - changed} same, {changed} changed")
    return 1 if changed or not chosen else 0


def main(argv: list[str] | None = None) -> int:
    """Run one command; 2 with one line on stderr when it is refused."""
    parser = argparse.ArgumentParser(prog="python -m ddlib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(function: Any, name: str) -> argparse.ArgumentParser:
        summary = function.__doc__.splitlines()[0]
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=function)
        return added

    def folder(added: argparse.ArgumentParser) -> None:
        added.add_argument("--results", type=Path, default=COMMITTED, help="folder of stored rows")

    def results(added: argparse.ArgumentParser) -> None:
        folder(added)
        added.add_argument("--replace", action="store_true", help="recompute a damaged file")

    command(list_experiments, "list")
    one = command(run, "run")
    one.add_argument("experiment")
    one.add_argument("parameters", nargs="*", type=parse_parameter, metavar="name=value")
    results(one)
    plan = command(check, "check")
    plan.add_argument("grid", type=Path)
    results(plan)
    many = command(batch, "batch")
    many.add_argument("grid", type=Path)
    many.add_argument("start", type=int)
    many.add_argument("stop", type=int)
    many.add_argument("--failures", type=Path, required=True, help="folder of failures' logs")
    results(many)
    folded = command(pack, "pack")
    folded.add_argument("experiments", nargs="*", metavar="experiment")
    folder(folded)
    again = command(audit, "audit")
    again.add_argument("--seconds", type=float, default=60.0, help="about how long it may compute")
    again.add_argument("--seed", type=int, help="seed of the sample (the clock unless told)")
    results(again)

    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)  # one config, one core: jobs beside each other must not starve
    try:
        return arguments.command(arguments)
    except REFUSED as error:
        print(error, file=sys.stderr)
        return 2
