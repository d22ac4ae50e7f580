"""The commands of `ddlib` that look into the store or compute.

What a command needs beside the text of its arguments is imported in it, after these were checked:
experiments bring torch and the store brings pyarrow, which take seconds, and a fault is to be told
at once.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from typing import TYPE_CHECKING

from ddlib.arguments import count_faults, raise_faults
from ddlib.config import check_name, parse_parameters
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.near import meant
from ddlib.runs.grid import read_grid
from ddlib.runs.places import COMMITTED, FolderError, folder_faults, single_files

if TYPE_CHECKING:
    from ddlib.runs.audit import Plan


def execute(arguments: argparse.Namespace) -> int:
    """Run the command that was chosen.

    Args:
        arguments: as `ddlib.cli` parsed them.

    Returns:
        The exit code, which is 2, with one line on stderr, when the command is refused.
    """
    from ddlib.runs.benchmarking import benchmark

    commands = {
        "run": run,
        "grid": grid,
        "batch": batch,
        "pack": pack,
        "audit": audit,
        "benchmark": benchmark,
    }
    if arguments.results == "":  # as a path it would be the current folder
        print("--results = '': must be a folder", file=sys.stderr)
        return 2
    try:
        return commands[arguments.command](arguments)
    except (FolderError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


def run(arguments: argparse.Namespace) -> int:
    """Compute one config, unless the store has it, and print its rows and where they are.

    Args:
        arguments: `experiment`, `parameters`, `results` and `replace`.

    Returns:
        The exit code, 0.
    """
    check_name("experiment", arguments.experiment, EXPERIMENTS)
    given = parse_parameters(arguments.parameters)
    experiment = EXPERIMENTS[arguments.experiment]
    config = experiment.config(**given)
    from ddlib.runs.compute import compute_and_save
    from ddlib.runs.store import Store

    store = Store.at(arguments.results)
    stored = None if arguments.replace else store.find(experiment, config)
    if stored is None:
        store.require_writable(experiment)
        compute_and_save(experiment, config, store=store)
        stored = store.find(experiment, config)
    if stored is None:
        raise FolderError(f"{store.folders[0]}: has lost new rows; must keep what is written")
    print(stored.rows.to_string())
    print(stored.path)
    return 0


def grid(arguments: argparse.Namespace) -> int:
    """Say what a grid would compute, and about how long that takes.

    Args:
        arguments: `grid`, `results` and `replace`.

    Returns:
        The exit code, 0.
    """
    sweep = read_grid(arguments.grid)
    if sweep.notebook:
        print(f"{sweep.name}: {len(sweep.points)} runs of {sweep.notebook}")
        return 0
    experiment, configs = sweep.configs()
    from ddlib.runs.compute import estimate, lacks
    from ddlib.runs.store import Store

    store = Store.at(arguments.results)
    missing = [c for c in configs if lacks(experiment, c, store=store, replace=arguments.replace)]
    if missing:
        store.require_writable(experiment)
    print(f"{sweep.name}: {estimate(experiment, missing, len(configs), store=store)}")
    return 0


def batch(arguments: argparse.Namespace) -> int:
    """Compute the configs of one batch of a sweep that the store lacks; go on past a failure.

    Args:
        arguments: `grid`, `start` and `stop` of its configs, `results`, `replace`, and `failures`:
            the log of a config that fails is written to `failures/<hash>.log`.

    Returns:
        The exit code, which is 1 when a config failed.

    Raises:
        ValueError: for a batch that is empty or not within the grid.
    """
    experiment, configs = read_grid(arguments.grid).configs()
    _check_slice(arguments.start, arguments.stop, len(configs))
    from ddlib.runs.compute import compute_and_save, lacks
    from ddlib.runs.store import Store, config_hash

    store, failed = Store.at(arguments.results), 0
    arguments.failures.mkdir(parents=True, exist_ok=True)
    for config in configs[arguments.start : arguments.stop]:
        log = arguments.failures / f"{config_hash(config)}.log"
        log.unlink(missing_ok=True)
        if not lacks(experiment, config, store=store, replace=arguments.replace):
            continue
        store.require_writable(experiment)
        try:
            compute_and_save(experiment, config, store=store)
        except FolderError:  # the disk's fault, not the config's: the next would fail too
            raise
        except Exception:  # whatever an experiment raises: it is logged, and fails the batch
            text = f"{experiment.name} {config!r}\n\n{traceback.format_exc()}"
            log.write_text(text, encoding="utf-8")
            failed += 1
    return 1 if failed else 0


def _check_slice(start: int, stop: int, count: int) -> None:
    """Raise `ValueError` unless there is something from `start` to `stop` of `count` configs."""
    wrong = count_faults("start", start, 0) + count_faults("stop", stop, 1)
    if wrong or not start < stop <= count:
        raise ValueError(
            f"start = {start}, stop = {stop}: must be 0 <= start < stop <= {count}, the number of "
            "configs"
        )


def pack(arguments: argparse.Namespace) -> int:
    """Fold the single files of experiments into one file per experiment.

    Args:
        arguments: `experiments`, all unless told, and `results`.

    Returns:
        The exit code, 0.

    Raises:
        ValueError: for unknown experiments and a folder that is not there, with one line for all.
    """
    folder, names = arguments.results or COMMITTED, arguments.experiments or EXPERIMENTS
    faults: list[str] = []
    for name in names:
        if name not in EXPERIMENTS:
            faults.append(f"experiment = {name!r}: unknown; {meant(name, EXPERIMENTS)}")
    raise_faults([*faults, *folder_faults(folder)])
    for name in names:
        if not single_files(folder, name):
            print(f"{name}: nothing to pack in {folder}")
            continue
        from ddlib.runs.packing import fold

        print(*fold(EXPERIMENTS[name], folder), sep="\n")
    return 0


def audit(arguments: argparse.Namespace) -> int:
    """Recompute a random sample of stored configs.

    Args:
        arguments: `seconds`, `count`, `loose`, `results`, and `seed`: unless told, the sample
            follows from the commit, and a commit that passed once passes again.

    Returns:
        The exit code, which is 1 when a number came out other.

    Raises:
        ValueError: for impossible numbers and a folder that is not there, with one line for all.
    """
    from ddlib.runs.audit import limit_faults, plan, recompute_all
    from ddlib.runs.provenance import environment
    from ddlib.runs.store import Store

    folder = arguments.results or COMMITTED
    limits = limit_faults(arguments.seconds, arguments.count, ("--seconds", "--count"))
    raise_faults(limits + folder_faults(folder))
    seed = arguments.seed or environment()["commit"] or "outside a checkout"
    planned = plan(
        Store.at(folder),
        seconds=arguments.seconds,
        seed=seed,
        count=arguments.count,
        loose=arguments.loose,
    )
    print(_announcement(planned, seed, loose=arguments.loose))
    changed = recompute_all(planned.chosen)
    same = len(planned.chosen) - changed
    print(f"audit: {same} same, {changed} changed, of {planned.share}")
    return 1 if changed else 0


def _announcement(planned: Plan, seed: str, *, loose: bool) -> str:
    """Return the lines before an audit: what it takes, and how it compares."""
    from ddlib.runs.audit import own_arithmetic

    others = "compared within tolerances" if loose else "left out"
    exact = ", ".join(f"{name} {count}" for name, count in planned.exact.items())
    return (
        f"audit: recomputes {planned.share}, in about {planned.seconds:.0f} s on one core\n"
        f"audit: the sample follows from the seed {seed}\n"
        f"audit: {sum(planned.exact.values())} of {planned.total} have the arithmetic of this "
        f"process, {own_arithmetic()}, and are compared to the last bit; the others are {others}\n"
        f"audit: of each experiment {exact}"
    )
