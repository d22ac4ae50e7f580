"""The command `ddlib benchmark`: compute what the store lacks, and show, export and record it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ddlib.arguments import count_faults
from ddlib.config import ParameterError, check_name
from ddlib.report.writing import Write, output_faults, write_table, write_together

if TYPE_CHECKING:
    import pandas as pd

    from ddlib.experiments.benchmark import BenchmarkConfig
    from ddlib.runs.store import Store

T = TypeVar("T")

STOPPED = 130
"""The exit code of a program that its user stops."""

SETTINGS = {"num_steps": "--steps", "num_looks": "--looks", "num_stops": "--stops"}
"""Fields of the config -> options."""


def benchmark(arguments: argparse.Namespace) -> int:
    """Print how methods stand on tasks, beside what costs nothing, and write it where asked for.

    Args:
        arguments: `family`, `task`, `rows`, `method`, lists or None; `draws`, `steps`, `looks`,
            `labels`; `csv`, `transfer`, `ranks`, `latex` and `record`, files or None; `results`
            and `force`; and `check`, a record that is checked in place of all this, or None.

    Returns:
        The exit code: 0; 1 where a digest of the record to check does not fit; 130 where it was
        stopped.

    Raises:
        ValueError: for arguments that cannot be used, with a line for each.
    """
    if arguments.check is not None:
        from ddlib.runs.records import check_file

        return check_file(arguments.check)
    configs = _checked(arguments)
    from ddlib.benchmark import export, ranks, tables
    from ddlib.benchmark.early import early_ends
    from ddlib.experiments.benchmark import BENCHMARK
    from ddlib.runs.compute import collect
    from ddlib.runs.records import origins_of
    from ddlib.runs.store import Store
    from ddlib.tasks.registry import FAMILIES

    store = Store.at(arguments.results)
    # The tables alone go to stdout; the plan, and what methods print, do not.
    try:
        with redirect_stdout(sys.stderr):
            print(*_plan(configs, store), sep="\n")
            rows = collect(BENCHMARK, configs, store=store)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from what is stored", file=sys.stderr)
        return STOPPED
    overlaps = {name: family.overlap for name, family in FAMILIES.items()}
    units = {(f, task): unit for f, each in FAMILIES.items() for task, unit in each.tasks.items()}
    standings = tables.standings(rows, overlaps)

    def record(path: Path) -> None:
        origins = origins_of(configs, store)
        path.write_text(export.record(rows, BENCHMARK.timed, origins.__getitem__), encoding="utf-8")

    writers: dict[str, Write] = {
        "csv": lambda path: _write(_along(rows, overlaps), path),
        "transfer": lambda path: _write(tables.transfer(rows, overlaps), path),
        "ranks": lambda path: _write(ranks.rank_correlations(rows, overlaps), path),
        "latex": lambda path: path.write_text(export.as_latex(standings, units), encoding="utf-8"),
        "record": record,
    }
    files = {place: writers[name] for name, place in _outputs(arguments).items()}
    print(export.as_text(standings, units), end="")
    for line in early_ends(rows):
        print(line)
    write_together(files, force=arguments.force)
    print(*files, sep="\n", end="\n" if files else "")
    return 0


def _outputs(arguments: argparse.Namespace) -> dict[str, Path]:
    """Return option -> file of those that are to be written."""
    given = {n: getattr(arguments, n) for n in ("csv", "transfer", "ranks", "latex", "record")}
    return {name: place for name, place in given.items() if place is not None}


def _write(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV."""
    write_table(table, path, ".csv")


def _along(rows: pd.DataFrame, overlaps: Mapping[str, float]) -> pd.DataFrame:
    """Return the standings after each share of the budget, one after the other."""
    import pandas as pd

    from ddlib.benchmark.tables import standings

    shares = sorted(rows["share"].dropna().unique())
    parts = [standings(rows, overlaps, share=share).assign(share=share) for share in shares]
    return pd.concat(parts, ignore_index=True)


def _checked(arguments: argparse.Namespace) -> list[BenchmarkConfig]:
    """Return the configs, all rows and random rows first; or raise for all that is wrong."""
    from ddlib.distillers import distiller_names, find_distiller
    from ddlib.tasks.registry import FAMILIES

    outputs = {f"--{name}": place for name, place in _outputs(arguments).items()}
    faults = output_faults(outputs, force=arguments.force)
    families = _once(arguments.family or ["wine"])
    methods, sizes = _once(arguments.method or distiller_names()), _once(arguments.rows or [30])
    faults += [f for size in sizes for f in count_faults("--rows", size, 1)]
    faults += count_faults("--draws", arguments.draws, 1)
    faults += _refused("--family", families, lambda n: check_name("family", n, FAMILIES))
    known = [task for name in families if name in FAMILIES for task in FAMILIES[name].tasks]
    if known:
        named = arguments.task or ()
        tasks = [task for task in _once(known) if task in (arguments.task or known)]
        if arguments.ranks is not None and len(tasks) == 1:
            faults.append(f"--ranks: {tasks[0]!r} is the only task; needs two tasks")
        faults += _refused("--task", named, lambda name: check_name("task", name, _once(known)))
    faults += _refused("--method", methods, find_distiller)
    budget: dict[str, Any] = {"num_steps": arguments.steps, "num_looks": arguments.looks}
    faults += _budget_faults(budget)
    if not faults:
        faults = _size_faults(families, sizes)
    if faults:
        raise ValueError("\n".join(faults))
    return _configs(arguments, families, methods, sizes, budget | {"labels": arguments.labels})


def _once(several: Sequence[T]) -> list[T]:
    """Return things without repeats, in their order."""
    return list(dict.fromkeys(several))


def _refused(option: str, names: Sequence[str], check: Any) -> list[str]:
    """Return what a check says against names, under the option."""
    faults: list[str] = []
    for name in names:
        try:
            check(name)
        except ValueError as error:
            faults.append(f"{option} = {name!r}: {str(error).partition(': ')[2]}")
    return faults


def _budget_faults(budget: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with steps and looks, under their options."""
    from ddlib.experiments.benchmark import BenchmarkConfig

    try:
        BenchmarkConfig(seed=0, **budget)
    except ParameterError as error:
        text = str(error)
        for field, option in SETTINGS.items():
            text = text.replace(field, option)
        return text.split("; ")
    return []


def _size_faults(families: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """Return which budgets of rows are beyond the training rows of a family."""
    from ddlib.streams import stream
    from ddlib.tasks.registry import FAMILIES, draw_tasks

    faults: list[str] = []
    for family in families:
        tasks = draw_tasks(family, generator=stream(0, f"{family} data"))
        count = len(tasks[next(iter(FAMILIES[family].tasks))].training)
        wanted = f"must be at most the {count} training rows of {family}"
        faults += [f"--rows = {size}: {wanted}" for size in sizes if size > count]
    return faults


def _configs(
    arguments: argparse.Namespace,
    families: Sequence[str],
    methods: Sequence[str],
    sizes: Sequence[int],
    settings: Mapping[str, Any],
) -> list[BenchmarkConfig]:
    """Return a config per draw, family, task, budget and method."""
    from ddlib.benchmark.tables import ALL_ROWS, BASELINE, RANDOM
    from ddlib.experiments.benchmark import BenchmarkConfig
    from ddlib.tasks.registry import FAMILIES

    own = [BASELINE, *(name for name in methods if name not in (BASELINE, RANDOM))]
    configs: list[BenchmarkConfig] = []
    for family in families:
        tasks = [
            t for t in FAMILIES[family].tasks if t in (arguments.task or FAMILIES[family].tasks)
        ]
        first = next(iter(FAMILIES[family].tasks))  # these two know nothing of the task
        wanted = [(first, ALL_ROWS), (first, RANDOM), *((t, m) for t in tasks for m in own)]
        configs += [
            BenchmarkConfig(
                seed=seed, family=family, task=task, method=method, num_rows=size, **settings
            )
            for seed in range(arguments.draws)
            for size in sizes
            for task, method in wanted
        ]
    return configs


def _plan(configs: Sequence[BenchmarkConfig], store: Store) -> list[str]:
    """Return a line per family: what its configs are, and how many of them are stored."""
    from ddlib.benchmark.tables import ALL_ROWS, RANDOM
    from ddlib.experiments.benchmark import BENCHMARK

    lines: list[str] = []
    for family in _once([config.family for config in configs]):
        own = [config for config in configs if config.family == family]
        made = [config for config in own if config.method not in (ALL_ROWS, RANDOM)]
        parts = {
            "methods": len({config.method for config in made}),
            "tasks": len({config.task for config in made}),
            "numbers of rows": len({config.num_rows for config in own}),
            "draws": len({config.seed for config in own}),
        }
        product = " x ".join(f"{count} {name}" for name, count in parts.items())
        stored = sum(store.find(BENCHMARK, config) is not None for config in own)
        lines.append(
            f"{family}: {product} = {len(made)} configs, {len(own) - len(made)} more of all rows "
            f"and random rows; {stored} of these {len(own)} are stored"
        )
    return lines
