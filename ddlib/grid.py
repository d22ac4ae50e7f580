"""Grids: a sweep in a few lines of YAML.

    experiment: merging           # or  notebook: notebooks/merging.py
    combine: product              # or zip; product unless told
    parameters:
      seed: {range: [0, 20]}      # start, stop[, step], the stop left out
      rows_per_source: [10, 100]
      noise_std: 0.3              # one value

Every fault is one line with the file and the line in it, before anything is computed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from ddlib.book.sources import NotebookError, check_parameters
from ddlib.config import Config, ParameterError
from ddlib.experiments.base import Experiment
from ddlib.experiments.registry import find_experiment
from ddlib.settings import SettingsError, fault, mapping, parse_file, value_of

KEYS = ("experiment", "notebook", "combine", "parameters")
COMBINE = {"product": itertools.product, "zip": lambda *lists: zip(*lists, strict=True)}


@dataclass(frozen=True)
class Grid:
    """The points of a sweep: settings of one experiment's config, or of a notebook's parameters."""

    path: Path
    experiment: str | None
    notebook: Path | None
    points: tuple[Mapping[str, Any], ...]

    @property
    def name(self) -> str:
        """The file's name without its ending: what the sweep's files are called."""
        return self.path.stem

    def configs(self) -> tuple[Experiment, list[Config]]:
        """Return the experiment and its configs; `SettingsError` for the first impossible point."""
        experiment = find_experiment(self.experiment)
        configs = []
        for point in self.points:
            try:
                configs.append(experiment.config(**point))
            except ParameterError as error:
                raise SettingsError(f"{self.path}: {error}") from None
        return experiment, configs


def read_grid(path: Path) -> Grid:
    """Return the checked grid in the file at `path`; `SettingsError` for the first fault."""
    tree = parse_file(path)
    entries = mapping(path, tree, "a grid")
    unknown = set(entries) - {"experiment", "notebook", "combine", "parameters"}
    if unknown:
        key = min(unknown)
        raise fault(
            path,
            entries[key][0],
            f"{key}: unknown; allowed: experiment or notebook, combine, parameters",
        )
    if ("experiment" in entries) == ("notebook" in entries):
        raise fault(path, tree, "must name an experiment or a notebook, one of the two")
    if "parameters" not in entries:
        raise fault(path, tree, "parameters: missing")
    combine = value_of(path, entries["combine"][1]) if "combine" in entries else "product"
    if combine not in tuple(COMBINE):
        raise fault(path, entries["combine"][1], f"combine = {combine!r}: must be product or zip")

    parameters = mapping(path, entries["parameters"][1], "parameters")
    values = {name: _values(path, name, node) for name, (_, node) in parameters.items()}
    if combine == "zip" and len({len(v) for v in values.values() if len(v) > 1}) > 1:
        lengths = ", ".join(f"{name} {len(v)}" for name, v in values.items())
        raise fault(path, entries["parameters"][0], f"zip needs lists of one length, not {lengths}")
    if combine == "zip" and values:
        longest = max(map(len, values.values()))
        values = {name: v * longest if len(v) == 1 else v for name, v in values.items()}
    points = tuple(
        dict(zip(values, combination, strict=True))
        for combination in COMBINE[combine if values else "product"](*values.values())
    )
    grid = _named(path, entries, points)
    _check_points(path, grid, entries["parameters"], parameters)
    return grid


def _named(path: Path, entries: Mapping, points: tuple) -> Grid:
    """Return the grid of a known experiment or of a notebook that exists."""
    if "experiment" in entries:
        name = value_of(path, entries["experiment"][1])
        try:
            find_experiment(str(name))
        except ValueError as error:
            raise fault(path, entries["experiment"][1], str(error)) from None
        return Grid(path, name, None, points)
    notebook = Path(str(value_of(path, entries["notebook"][1])))
    if not notebook.is_file():
        raise fault(path, entries["notebook"][1], f"notebook = {notebook}: no such file")
    return Grid(path, None, notebook, points)


def _check_points(path: Path, grid: Grid, where: tuple, parameters: Mapping) -> None:
    """Raise for the first point that is not allowed, at its parameter's line."""
    if grid.notebook:
        names, allow = (), partial(check_parameters, grid.notebook)
    else:
        config = find_experiment(grid.experiment).config
        names, allow = config.model_fields, lambda point: config(**point)
    for point in grid.points:
        try:
            allow(point)
        except NotebookError as error:
            raise fault(path, where[0], str(error)) from None
        except ParameterError as error:
            name = re.match(r"\w*", str(error))[0]  # a fault begins with what it is about
            key, node = parameters.get(name, where)
            at_fault = node if name in names and name in parameters else key
            raise fault(path, at_fault, str(error)) from None


def _values(path: Path, name: str, node: yaml.Node) -> list[Any]:
    """Return the values of one parameter: a list, a range, or a single value."""
    value = value_of(path, node)
    if isinstance(value, Mapping):
        bounds = value.get("range")
        whole = isinstance(bounds, list) and all(type(bound) is int for bound in bounds)
        if set(value) != {"range"} or not whole or len(bounds) not in (2, 3) or 0 in bounds[2:]:
            raise fault(path, node, f"{name}: must be {{range: [start, stop]}} of whole numbers")
        value = list(range(*bounds))
    values = value if isinstance(value, list) else [value]
    if not values:
        raise fault(path, node, f"{name}: is empty; must have at least one value")
    return values
