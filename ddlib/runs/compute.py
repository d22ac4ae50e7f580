"""Ask the store for rows, and compute what it lacks."""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from ddlib.config import Config
from ddlib.experiments.base import AnyExperiment
from ddlib.kernels import warn_unpinned
from ddlib.runs.provenance import arithmetic, environment
from ddlib.runs.store import FOREIGN, Store, config_hash
from ddlib.runs.stored import StoreError, as_arrow, joined


def collect(
    experiment: AnyExperiment, configs: Sequence[Config], *, store: Store | None = None
) -> pd.DataFrame:
    """Return the rows of all configs, each with its config's fields as columns.

    Rows that the store has are read. The others are computed, one config after the other, with
    a bar, and stored; before that a line says how many they are, about how long they take, and
    where they are stored.

    Args:
        experiment: what computes them.
        configs: at least one; one that is given twice is computed once and returned twice.
        store: the committed rows and the reader's own unless told.

    Raises:
        ValueError: without configs.
        TypeError: for a config of another class than the experiment's.
        StoreError: for a damaged file.
        FolderError: for a store that cannot be written, before anything is computed.
    """
    if not configs:
        raise ValueError("configs: none given; must be at least one")
    _require_class(experiment, configs)
    store = store or Store()
    keys = [config_hash(config) for config in configs]
    unique = dict(zip(keys, configs, strict=True))  # a config given twice is computed once
    found = {key: store.find(experiment, config) for key, config in unique.items()}
    missing = [key for key, stored in found.items() if stored is None]
    if missing:
        store.require_writable(experiment)
        line = estimate(experiment, [unique[key] for key in missing], len(unique), store=store)
        print(f"{experiment.name}: {line}")
    tables = {key: stored.table for key, stored in found.items() if stored}
    for key in tqdm(missing, desc=experiment.name, disable=not missing):
        tables[key] = as_arrow(compute_and_save(experiment, unique[key], store=store))
    return with_fields(configs, [tables[key] for key in keys])


def collect_ways(
    experiment: AnyExperiment, ways: Mapping[str, Sequence[Config]], *, store: Store | None = None
) -> pd.DataFrame:
    """Return the rows of the configs of several ways, each with the name of its way as its method.

    Args:
        experiment: what computes them.
        ways: name -> its configs, at least one.
        store: the committed rows and the reader's own unless told.

    Raises:
        ValueError, TypeError, StoreError, FolderError: as `collect` does.
    """
    tables = [
        collect(experiment, configs, store=store).assign(method=way)
        for way, configs in ways.items()
    ]
    return pd.concat(tables, ignore_index=True)


def with_fields(configs: Sequence[Config], tables: Sequence[Any]) -> pd.DataFrame:
    """Return the rows of all configs, each with its config's fields as columns.

    Args:
        configs: at least one.
        tables: the stored rows of each, tables of Arrow.
    """
    return joined(tables).assign(**_fields(configs, [table.num_rows for table in tables]))


def compute_and_save(experiment: AnyExperiment, config: Config, *, store: Store) -> pd.DataFrame:
    """Compute the rows of one config, and store them with their provenance.

    Args:
        experiment: what computes them.
        config: of the experiment's class.
        store: its first folder is written.

    Returns:
        The rows.

    Raises:
        StoreError: for rows that cannot be written.
    """
    warn_unpinned()
    start = time.perf_counter()
    table = experiment.compute(config)
    foreign = config.foreign_sources()
    origin = {
        **environment(),
        **arithmetic(),
        **({FOREIGN: foreign} if foreign else {}),
        "seconds": round(time.perf_counter() - start, 3),
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    store.save(experiment, config, table, origin)
    return table


def lacks(
    experiment: AnyExperiment, config: Config, *, store: Store, replace: bool = False
) -> bool:
    """Return whether a config has to be computed.

    Args:
        experiment: what computes it.
        config: of the experiment's class.
        store: where its rows may be.
        replace: whether a damaged file counts as absent.

    Raises:
        StoreError: for a damaged file, unless `replace`.
    """
    try:
        return store.find(experiment, config) is None
    except StoreError:
        if replace:
            return True
        raise


def estimate(
    experiment: AnyExperiment, missing: Sequence[Config], total: int, *, store: Store
) -> str:
    """Return a line like `computing 3 of 20 configs, about 2 min on one core, into folder`.

    Args:
        experiment: what computes them.
        missing: the configs that have to be computed.
        total: how many configs there are with those that need not.
        store: where the rows go.
    """
    seconds = sum(map(experiment.seconds, missing))
    amount = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
    return (
        f"computing {len(missing)} of {total} configs, about {amount} on one core, into "
        f"{store.folders[0].absolute()}"
    )


def _require_class(experiment: AnyExperiment, configs: Sequence[Config]) -> None:
    """Raise `TypeError` for the first that is no config of the experiment."""
    for i, config in enumerate(configs):
        if type(config) is not experiment.config:
            raise TypeError(f"configs[{i}] = {config!r}: must be a {experiment.config.__name__}")


def _fields(configs: Sequence[Config], counts: Sequence[int]) -> dict[str, pd.Series]:
    """Return the fields of `configs` as columns, each value repeated as often as `counts` say."""
    dumped = [config.model_dump() for config in configs]
    place = np.repeat(np.arange(len(configs)), counts)
    columns = {name: _column([fields[name] for fields in dumped]) for name in dumped[0]}
    return {name: column.take(place).reset_index(drop=True) for name, column in columns.items()}


def _column(values: list[Any]) -> pd.Series:
    """Return `values` as a column; a list or a mapping is one value, and None stays None."""
    as_they_are = any(v is None or isinstance(v, list | tuple | dict) for v in values)
    return pd.Series(values, dtype=object if as_they_are else None)
