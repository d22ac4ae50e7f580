"""Grids: a sweep in a few lines of YAML.

    experiment: references        # or  notebook: notebooks/merging.py
    combine: product              # or zip; product unless told
    parameters:
      seed: {range: [0, 20]}      # start, stop[, step], the stop left out
      rows_per_source: [10, 100]
      noise_std: 0.3              # one value

Every fault is one line with the file and the line in it, before anything is computed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

import yaml

from ddlib.config import Config, ParameterError, check_name
from ddlib.experiments.base import AnyExperiment
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from ddlib.near import meant
from ddlib.runs.notebook import NotebookError, check_parameters
from ddlib.settings import SettingsError, fault, mapping, parse_file, value_of

KEYS = ("experiment", "notebook", "combine", "parameters")
MOST_POINTS = 100_000  # all are made before the first is computed, and the book has hundreds
COMBINE: Mapping[str, Callable[..., Iterable[tuple]]] = {
    "product": itertools.product,
    "zip": partial(zip, strict=True),
}
"""How the values of several keys make points."""
Entries = Mapping[str, tuple[yaml.Node, yaml.Node]]
"""Name -> key and value of a mapping in the file."""


@dataclass(frozen=True)
class Grid:
    """The points of a sweep: settings of one experiment's config, or of a notebook's parameters.

    Attributes:
        path: the file.
        experiment: name of the experiment, or None.
        notebook: source of the notebook, or None; a grid has one of the two.
        points: name -> value of each point, in the order of the sweep.
    """

    path: Path
    experiment: str | None
    notebook: Path | None
    points: tuple[Mapping[str, Any], ...]

    @property
    def name(self) -> str:
        """The file's name without its ending: what the sweep's files are called."""
        return self.path.stem

    def configs(self) -> tuple[AnyExperiment, list[Config]]:
        """Return the experiment and its configs.

        Raises:
            SettingsError: for a grid over a notebook, and for the first impossible point.
        """
        if self.experiment is None:
            raise SettingsError(f"{self.path}: is over a notebook; must be over an experiment")
        experiment = find_experiment(self.experiment)
        configs = []
        for point in self.points:
            try:
                configs.append(experiment.config(**point))
            except ParameterError as error:
                raise SettingsError(f"{self.path}: {error}") from None
        return experiment, configs


def read_grid(path: Path) -> Grid:
    """Return the checked grid in a file.

    Args:
        path: a file of YAML.

    Raises:
        SettingsError: for the first fault, with file and line.
    """
    tree = parse_file(path)
    entries = mapping(path, tree, "a grid")
    _check_keys(path, tree, entries)
    parameters = mapping(path, entries["parameters"][1], "parameters")
    grid = _named(path, entries, _points(path, entries, parameters))
    _check_points(grid, entries, parameters)
    return grid


def _check_keys(path: Path, tree: yaml.Node, entries: Entries) -> None:
    """Raise for a key that a grid does not have, and for one that is lacking."""
    for key in sorted(entries.keys() - set(KEYS)):
        raise fault(path, entries[key][0], f"{key}: unknown; {meant(key, KEYS)}")
    if ("experiment" in entries) == ("notebook" in entries):
        raise fault(path, tree, "must name an experiment or a notebook, one of the two")
    if "parameters" not in entries:
        raise fault(path, tree, "parameters: missing; must be given")


def _points(path: Path, entries: Entries, parameters: Entries) -> tuple[Mapping[str, Any], ...]:
    """Return the points: the values of the parameters, combined."""
    combine = value_of(path, entries["combine"][1]) if "combine" in entries else "product"
    if combine not in tuple(COMBINE):
        raise fault(path, entries["combine"][1], f"combine = {combine!r}: must be product or zip")
    values = {name: _values(path, name, node) for name, (_, node) in parameters.items()}
    if not values:
        return ({},)
    if combine == "zip":
        if len({len(v) for v in values.values() if len(v) > 1}) > 1:
            lengths = ", ".join(f"{name} {len(v)}" for name, v in values.items())
            message = f"parameters: lengths {lengths}; must be 1 or the same for all to zip them"
            raise fault(path, entries["parameters"][0], message)
        longest = max(map(len, values.values()))
        values = {name: v * longest if len(v) == 1 else v for name, v in values.items()}
    elif (count := math.prod(map(len, values.values()))) > MOST_POINTS:
        message = f"parameters: make {count} points; must make at most {MOST_POINTS}"
        raise fault(path, entries["parameters"][0], message)
    combined = COMBINE[combine](*values.values())
    return tuple(dict(zip(values, combination, strict=True)) for combination in combined)


def _named(path: Path, entries: Entries, points: tuple[Mapping[str, Any], ...]) -> Grid:
    """Return the grid of a known experiment or of a notebook that exists."""
    if "experiment" in entries:
        name = str(value_of(path, entries["experiment"][1]))
        try:
            check_name("experiment", name, EXPERIMENTS)
        except ValueError as error:
            raise fault(path, entries["experiment"][1], str(error)) from None
        return Grid(path, name, None, points)
    notebook = Path(str(value_of(path, entries["notebook"][1])))
    if not notebook.is_file():
        message = f"notebook = {notebook}: no such file; must be the source of a notebook"
        raise fault(path, entries["notebook"][1], message)
    return Grid(path, None, notebook, points)


def _check_points(grid: Grid, entries: Entries, parameters: Entries) -> None:
    """Raise for the first point that is not allowed, at its parameter's line."""
    names: Iterable[str] = ()
    if grid.notebook:
        allow: Callable[[Mapping[str, Any]], object] = partial(check_parameters, grid.notebook)
    else:
        config = EXPERIMENTS[str(grid.experiment)].config
        names, allow = config.model_fields, lambda point: config(**point)
    where = entries["parameters"]
    for point in grid.points:
        try:
            allow(point)
        except NotebookError as error:
            raise fault(grid.path, where[0], str(error)) from None
        except ParameterError as error:
            key, node = parameters.get(error.name, where)
            at_value = error.name in names and error.name in parameters
            raise fault(grid.path, node if at_value else key, str(error)) from None


def _values(path: Path, name: str, node: yaml.Node) -> list[Any]:
    """Return the values of one parameter: a list, a range, or a single value."""
    value = value_of(path, node)
    values: list[Any] | range = value if isinstance(value, list) else [value]
    if isinstance(value, dict):
        bounds = value["range"] if value.keys() == {"range"} else None
        if not _is_range(bounds):
            raise fault(path, node, f"{name}: must be {{range: [start, stop]}} of whole numbers")
        values = range(*bounds)
    if not values:
        raise fault(path, node, f"{name}: is empty; must have at least one value")
    if values[MOST_POINTS:]:  # a range may be too long for `len`
        message = f"{name}: has more than {MOST_POINTS} values; must have at most {MOST_POINTS}"
        raise fault(path, node, message)
    return [*values]


def _is_range(bounds: Any) -> TypeGuard[list[int]]:
    """Return whether `bounds` are start, stop and perhaps a step other than 0."""
    whole = isinstance(bounds, list) and all(type(bound) is int for bound in bounds)
    return whole and len(bounds) in (2, 3) and 0 not in bounds[2:]
