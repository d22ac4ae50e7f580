"""Methods by name or place: those of the library, and those of anyone else.

A name is one of `DISTILLERS`, or one that `register` gave, or an entry point of the group
`ddlib.distillers` that an installed package has. The place of a method that has no name is its
module and its class, `my_module:MyMethod`. Nothing foreign is imported before it is asked for.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from ddlib.arguments import fault, raise_faults
from ddlib.distillers.foreign import Unusable, made, object_at
from ddlib.near import meant
from ddlib.problem import Distiller

GROUP = "ddlib.distillers"
"""Group of the entry points by which a package names its methods."""

M = TypeVar("M")

_REGISTERED: dict[str, Distiller] = {}


def find_distiller(name: str, *, others: Iterable[str] = ()) -> Distiller:
    """Return the method of a name, or of a place.

    A class is made with its default settings, anew each time; an object is the method itself.

    Args:
        name: of `DISTILLERS`, of `register` or of an entry point; or a place,
            `my_module:MyMethod`.
        others: names that the caller takes beside methods, for the message.

    Raises:
        TypeError: for a name that is no text.
        ValueError: for an unknown name, with the nearest ones; for a module that cannot be
            imported, with the reason; and for what is no method, with what it lacks.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(fault("method", name, "a name, or a place like my_module:MyMethod"))
    known = {**_own(), **_REGISTERED}
    if name in known:
        return known[name]
    try:
        place = name if ":" in name else _place_in_package(name)
        if place is not None:
            method = made(object_at(place))
            _file_of(type(method))  # now: who edits it later does not change what runs
            return method
    except Unusable as why:
        raise ValueError(f"method = {name!r}: {why}") from why
    raise ValueError(_unknown(name, [*others, *distiller_names()]))


def distiller_names() -> list[str]:
    """Return the names of all methods: those of the library first, then the foreign ones, sorted.

    Nothing foreign is imported for it.
    """
    own = _own()
    foreign = {*_REGISTERED, *(point.name for point in entry_points(group=GROUP))}
    return [*own, *sorted(foreign - own.keys())]


def all_distillers() -> dict[str, Distiller]:
    """Return all methods by name, those of other packages behind those of the library.

    Raises:
        ValueError: with all that is wrong with foreign ones.
    """
    found: dict[str, Distiller] = {}
    faults: list[str] = []
    for name in distiller_names():
        try:
            found[name] = find_distiller(name)
        except ValueError as error:
            faults.append(str(error))
    for point in entry_points(group=GROUP):
        if point.name in _own():
            faults.append(f"method = {point.name!r}: {_taken('the library', _package(point))}")
    raise_faults(faults)
    return found


def register(name: str) -> Callable[[M], M]:
    """Return a decorator that makes a method known by a name, in this process.

    The cell of a notebook can run again: a class replaces that of the same module and name.

    Args:
        name: new, and without a colon.

    Raises:
        ValueError: for a name that is taken, and by the decorator for what is no method.
    """
    if not isinstance(name, str) or not name.strip() or ":" in name:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(fault("name", name, "text without a colon, which tells a place"))

    def keep(thing: M) -> M:
        _check_free(name, thing)
        try:
            _REGISTERED[name] = made(thing)
            _file_of(type(_REGISTERED[name]))
        except Unusable as why:
            raise ValueError(f"method = {name!r}: {why}") from why
        return thing

    return keep


def source_of(name: str) -> str:
    """Return which code a method is, as text that changes with it.

    It is "ddlib" and the version for a method of the library; for another the file of its class
    and the SHA-256 of that file, after the package and its version where an entry point names it.
    What the file imports is not looked at.

    Args:
        name: as `find_distiller` takes it.

    Raises:
        ValueError: as `find_distiller`.
    """
    if name in _own():
        import ddlib

        return f"ddlib {ddlib.__version__}"
    method = find_distiller(name)
    point = None if name in _REGISTERED or ":" in name else _point(name)
    package = "" if point is None else f"{_package(point)}, "
    return f"{package}{_file_of(type(method))}"


def _own() -> dict[str, Distiller]:
    """Return the methods of the library, from the module that imports this one."""
    from ddlib.distillers import DISTILLERS

    return DISTILLERS


def _point(name: str) -> EntryPoint | None:
    """Return the entry point of a name, if there is one; `Unusable` where packages share it."""
    points = {point.value: point for point in entry_points(group=GROUP, name=name)}
    if len(points) > 1:
        packages = " and of ".join(sorted(_package(point) for point in points.values()))
        raise Unusable(f"an entry point of {packages}; must be of one package")
    return next(iter(points.values()), None)


def _place_in_package(name: str) -> str | None:
    """Return the place of the method that a package names so, if one does."""
    point = _point(name)
    return None if point is None else point.value


def _package(point: EntryPoint) -> str:
    """Return name and version of the package that has an entry point."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _check_free(name: str, thing: object) -> None:
    """Raise unless a name is free for a method, or is its own."""
    if name in _own():
        raise ValueError(f"method = {name!r}: {_taken('the library')}")
    place = _place(thing)
    if name in _REGISTERED and _place(_REGISTERED[name]) != place:
        raise ValueError(f"method = {name!r}: {_taken(_place(_REGISTERED[name]))}")
    for point in entry_points(group=GROUP, name=name):
        if point.value.replace(" ", "") != place:
            raise ValueError(f"method = {name!r}: {_taken(_package(point))}")


def _place(thing: object) -> str:
    """Return the module and the name of a class, or of that of an object."""
    kind: type[Any] = thing if isinstance(thing, type) else type(thing)
    return f"{kind.__module__}:{kind.__qualname__}"


def _taken(holder: str, other: str = "") -> str:
    """Return that a name is someone's."""
    by = f"the entry point of {other} " if other else ""
    return f"{by}has a name that is taken, by {holder}; must be another name"


def _unknown(name: str, allowed: list[str]) -> str:
    """Return that there is no such name, and which are near."""
    wanted = meant(name, allowed, cutoff=0.5)
    place = "" if wanted.startswith("perhaps") else ", or a place like my_module:MyMethod"
    return f"method = {name!r}: unknown; {wanted}{place}"


@cache
def _file_of(kind: type[Any]) -> str:
    """Return the name of the file of a class, and its SHA-256, as it was at the first call."""
    try:
        path = Path(inspect.getfile(kind))
        return f"{path.name} sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except (OSError, TypeError):  # typed in by hand
        return f"{kind.__qualname__}, of no file"
