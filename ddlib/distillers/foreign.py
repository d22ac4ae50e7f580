"""What is fetched from the module of someone else, and whether it is a method."""

# torch has no types for its settings.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stdout
from textwrap import shorten
from typing import Any

import torch

from ddlib.arguments import fault
from ddlib.near import near_names
from ddlib.problem import Distiller

SETTINGS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "torch's default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "torch's default device": (torch.get_default_device, torch.set_default_device),
    "torch's gradients": (torch.is_grad_enabled, torch.set_grad_enabled),
    "torch's threads": (torch.get_num_threads, torch.set_num_threads),
}
"""Settings of the process on which the numbers of all methods rest: how each is read and set."""

MOST_TOLD = 300
"""Letters of an error's message that are told."""


class Unusable(ValueError):
    """Something is no method; the message says why, without its name."""


@contextmanager
def settings_kept() -> Generator[list[str]]:
    """Put the settings of the process back at the end, and then say in a list what had changed."""
    before = {name: read() for name, (read, _) in SETTINGS.items()}
    changed: list[str] = []
    try:
        yield changed
    finally:
        for name, (read, put) in SETTINGS.items():
            if read() != before[name]:
                changed.append(f"sets {name} to {read()}; must leave it {before[name]}")
                put(before[name])


def object_at(place: str) -> object:
    """Return what a module has under a name.

    What the module prints at its import goes to standard error.

    Args:
        place: `module:name`, with dots in both.

    Raises:
        Unusable: for a module that cannot be imported or changes settings of torch for all, and
            for a name that it does not have.
    """
    name, _, attribute = (part.strip() for part in place.partition(":"))
    if not all(part.isidentifier() for part in [*name.split("."), *attribute.split(".")]):
        file = ", by the name of the module and not of its file" if name.endswith(".py") else ""
        raise Unusable(f"must be a place like my_module:MyMethod{file}")
    found: object = _imported(name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            names = [each for each in dir(found) if not each.startswith("_")]
            near = " or ".join(map(str, near_names(part, names, cutoff=0.5)))
            wanted = f"; perhaps {near}?" if near else ""
            raise Unusable(f"{name} has no {attribute}{wanted}")
        found = getattr(found, part)
    return found


def _imported(name: str) -> object:
    """Return a module, imported without a trace in the settings of the process."""
    known = name in sys.modules
    with settings_kept() as changed:
        try:
            with redirect_stdout(sys.stderr):
                module = importlib.import_module(name)
        except (Exception, SystemExit) as error:
            missing = isinstance(error, ModuleNotFoundError) and error.name
            if missing and f"{name}.".startswith(f"{missing}."):
                raise Unusable(f"there is no module {missing}; must be installed, or on "
                               "PYTHONPATH") from error  # fmt: skip
            raise Unusable(f"{name} cannot be imported, {told(error)}") from error
    if changed and not known:
        del sys.modules[name]  # or the next import would not run it, and nothing be told
        raise Unusable(f"{name} {'; '.join(changed)}")
    return module


def made(thing: object) -> Distiller:
    """Return the method that something is, or that a class makes.

    Args:
        thing: an object with what a `Distiller` has, or a class whose settings have defaults.

    Raises:
        Unusable: for anything else.
    """
    method: Any = thing
    if isinstance(thing, type):
        needed = _needed(thing)
        if needed:
            raise Unusable(f"{thing.__name__} needs {', '.join(needed)}; must have defaults, or "
                           "be an object that is made")  # fmt: skip
        try:
            method = thing()
        except (Exception, SystemExit) as error:
            raise Unusable(f"{thing.__name__}() fails, {told(error)}") from error
    try:
        lacks = _lacks(method)
    except Exception as error:  # of a property
        raise Unusable(f"a {type(method).__name__} cannot be read, {told(error)}") from error
    if lacks:
        kind = type(method).__name__
        raise Unusable(f"a {kind} is no method; {'; '.join(lacks)}")
    return method


def told(error: BaseException) -> str:
    """Return an error in one line: its type, and the beginning of what it says.

    Args:
        error: that someone else's code raised.
    """
    kind = type(error).__name__
    try:
        text = shorten(str(error), MOST_TOLD, placeholder=" …")
    except Exception:  # of an error that cannot even be told
        return kind
    return f"{kind}: {text}" if text else kind


def _needed(kind: type[Any]) -> list[str]:
    """Return the settings of a class without a default."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):  # of a class that is not written in Python
        return []
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in several]


def _lacks(method: Any) -> list[str]:
    """Return what something lacks to be a `Distiller`."""
    departs, one_shot, steps = (getattr(method, n, None) for n in ("departs", "one_shot", "steps"))
    lacks: list[str] = []
    if not isinstance(departs, tuple):
        lacks.append(fault("departs", departs, 'a tuple of "criterion", "learner", "law"'))
    if not isinstance(one_shot, bool):
        lacks.append(fault("one_shot", one_shot, "True or False"))
    if not callable(steps) or not _takes(steps):
        lacks.append("steps: must be a function of a problem and, by its name, a generator")
    return lacks


def _takes(steps: Callable[..., Any]) -> bool:
    """Whether it can be called as `steps(problem, generator=…)`."""
    try:
        inspect.signature(steps).bind(None, generator=None)
    except TypeError:
        return False
    except ValueError:  # of a function without a signature, which may take anything
        return True
    return True
