"""Sources as tensors: trajectories `(n, T, p)` in which NaN marks what is hidden.

All sources have the same slices and the same variables, in the same order and units. An error
names the source and the column as their owner does.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence, ValuesView
from typing import Any, TypeVar

import torch
from torch import Tensor

from ddlib.arguments import fault, raise_faults, size_faults
from ddlib.dbn.checks import as_float64
from ddlib.dbn.cpds import require_shape

T = TypeVar("T")


def check_noise(noise_std: float | Tensor, num_variables: int) -> Tensor:
    """Return the standard deviation of measurement noise of each variable, float64 `(p,)`.

    Args:
        noise_std: one number for all variables, or `(p,)`, in the units of the rows.
        num_variables: p.

    Raises:
        ValueError: for another shape, and a value that is negative or whose square, the variance,
            is not finite.
    """
    if isinstance(noise_std, Tensor):
        std = as_float64("noise_std", noise_std)
    else:
        raise_faults(size_faults("noise_std", noise_std, "finite and at least 0"))
        std = torch.tensor(float(noise_std), dtype=torch.float64)
    if std.ndim > 0:
        require_shape("noise_std", std, (num_variables,))
    if not ((std >= 0) & std.square().isfinite()).all():
        raise ValueError(f"noise_std = {noise_std}: must be finite and at least 0, and its square")
    return std.expand(num_variables)


def require_variables(name: str, count: int, num_variables: int) -> None:
    """Check the number of variables of data.

    Args:
        name: what an error calls the data.
        count: of their variables.
        num_variables: that they must have.

    Raises:
        ValueError: for another number.
    """
    if count != num_variables:
        raise ValueError(f"{name}: {count} variables; must be {num_variables}")


def check_tensors(
    sources: Mapping[str, Tensor], names: Sequence[str] | None = None
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the sources, float64 `(n, T, p)` without gradient, and the names of the variables.

    Args:
        sources: `(n, T, p)` with at least two rows each, NaN = hidden, by what an error calls
            them (see `labelled`).
        names: of the p variables; x0, x1, … unless told.

    Raises:
        ValueError: for a wrong shape or unequal shapes, fewer than two rows, names that do not fit
            or stand twice, an infinite entry, a source that sees nothing, and one that is no
            dense tensor of real numbers.
    """
    rows: dict[str, Tensor] = {}
    for label, source in sources.items():
        rows[label] = as_float64(label, source).detach()
        shape, first = tuple(rows[label].shape), next(iter(rows.values()))
        if len(shape) != 3 or 0 in shape[1:]:
            raise ValueError(f"{label}: shape {shape}; must be (rows, slices, variables)")
        if shape[1:] != first.shape[1:]:
            raise ValueError(
                f"{label}: {shape[1]} slices and {shape[2]} variables; must be {first.shape[1]} "
                f"and {first.shape[2]} as in the first source"
            )
    found = _check_names(names, next(iter(rows.values())).shape[2])
    for label, source in rows.items():
        _check_entries(label, source, found)
    return rows, found


def labelled(
    sources: Sequence[T] | Mapping[str, T], argument: str = "sources", kinds: str = "tensors"
) -> dict[str, T]:
    """Return the sources by what an error calls them, such as `sources[2]`.

    Args:
        sources: of any kind; or a mapping from their names to them.
        argument: what an error calls them all.
        kinds: what it calls what they must be.

    Raises:
        ValueError: for no source, and for what is neither a sequence nor a mapping, such as one
            source, a text, and what can be gone through once only.
    """
    # The values of a dictionary are no sequence, but can be gone through again.
    given: Any = list(sources) if isinstance(sources, ValuesView) else sources
    if isinstance(given, str | bytes) or not isinstance(given, Sequence | Mapping):
        raise ValueError(fault(argument, given, f"a sequence or mapping of {kinds}"))
    if not given:
        raise ValueError(f"{argument}: none given; must be at least one")
    items = given.items() if isinstance(given, Mapping) else enumerate(given)
    return {f"{argument}[{key!r}]": source for key, source in items}


def as_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of variables as a tuple.

    Args:
        names: of the variables, in order.

    Raises:
        ValueError: for a text, and for what has no parts or parts that can be no names.
    """
    if isinstance(names, str | bytes) or not isinstance(names, Iterable):
        raise ValueError(fault("names", names, "a sequence of names"))
    found = tuple(names)
    for i, name in enumerate(found):
        if not isinstance(name, Hashable):
            raise ValueError(fault(f"names[{i}]", name, "a name"))
    return found


def _check_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Return `count` different names."""
    found = tuple(f"x{i}" for i in range(count)) if names is None else as_names(names)
    if len(found) != count or len(set(found)) < count:
        raise ValueError(f"names = {list(found)}: must be {count} different names")
    return found


def _check_entries(label: str, source: Tensor, names: tuple[str, ...]) -> None:
    """Raise `ValueError` unless `source` has rows, sees a column, and all it sees is finite."""
    if len(source) < 2:
        count = "1 row" if len(source) else "no rows"
        raise ValueError(f"{label}: {count}; must be at least 2")
    if source.isnan().all():
        raise ValueError(f"{label}: sees no column; must see at least one")
    if source.isinf().any():
        row, _, index = source.isinf().nonzero()[0].tolist()
        raise ValueError(
            f"{label}: column {names[index]!r} is infinite in row {row}; must be finite"
        )
