"""What of the library has a place in its reference, as Griffe reads it, importing nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import griffe
from griffe import (
    Alias,
    AliasResolutionError,
    Attribute,
    Class,
    Function,
    Module,
    Object,
    Parameter,
    ParameterKind,
)

SPECIAL = ("__add__", "__call__", "__contains__", "__getitem__", "__iter__", "__len__")
RECORDS = {"NamedTuple": ParameterKind.positional_or_keyword, "Config": ParameterKind.keyword_only}
FAILURE = re.compile(r"(Error|Exception|Interrupt)$")

Entry = Class | Function | Attribute
"""What is documented in a module or a class."""


def read_library(root: Path) -> Module:
    """Return the package `ddlib` with all its modules.

    Args:
        root: folder with `ddlib`.
    """
    library = griffe.load(
        "ddlib",
        search_paths=[root],
        try_relative_path=False,
        allow_inspection=False,
        docstring_parser="google",
        docstring_options={
            "returns_multiple_items": False,
            "returns_named_value": False,
            "warnings": False,  # of `points, jet: …`, say, that no argument has this name
        },
    )
    assert isinstance(library, Module)
    return library


def modules(package: Module) -> Iterator[Module]:
    """Yield a package and the modules in it, however deep, by name.

    Args:
        package: its private modules, and `__main__`, are left out.
    """
    yield package
    for name, module in sorted(package.modules.items()):
        if not module.is_alias and not name.startswith("_"):
            yield from modules(module)


def entries(thing: Module | Entry) -> list[Entry]:
    """Return what is public in a module or a class, as it stands there.

    Args:
        thing: of an attribute or a function, nothing; of a class, its methods and properties.
    """
    if not isinstance(thing, Module | Class):
        return []
    return [
        member
        for name, member in thing.members.items()
        if isinstance(member, Entry) and _is_public(name, member)
    ]


def _is_public(name: str, member: Entry) -> bool:
    """Return whether a member is for others: a value is, where it is typed, told of, or a type."""
    if name.startswith("_") and not (name in SPECIAL and member.docstring):
        return False
    if not isinstance(member, Attribute):
        return True
    if isinstance(member.parent, Class):
        return "property" in member.labels
    is_type = re.fullmatch("[A-Z][a-z]+[A-Za-z]*", name) is not None
    return is_type or member.annotation is not None or member.docstring is not None


def kind(entry: Entry) -> str:
    """Return the directive of Sphinx's Python domain for an entry.

    Args:
        entry: of a module or of a class.
    """
    inside = isinstance(entry.parent, Class)
    if isinstance(entry, Class):
        failures = filter(FAILURE.search, map(str, entry.bases))
        return "exception" if any(failures) else "class"
    if isinstance(entry, Function):
        return "method" if inside else "function"
    return "property" if inside else "data"


def parameters(entry: Entry) -> list[Parameter]:
    """Return what a function or a class is called with.

    The fields of a named tuple or a config, inherited ones too, count as such.

    Args:
        entry: of an attribute there are none.
    """
    if isinstance(entry, Attribute):
        return []
    if isinstance(entry, Class):
        family = [entry, *entry.mro()]
        bases = {str(base) for relative in family for base in relative.bases}
        for base in bases & RECORDS.keys():
            return [*_fields(family, RECORDS[base])]
    takes_itself = isinstance(entry.parent, Class) and "staticmethod" not in entry.labels
    is_method = isinstance(entry, Class) or takes_itself
    return list(entry.parameters)[1 if is_method else 0 :]


def _fields(family: list[Class], kind: ParameterKind) -> Iterator[Parameter]:
    """Yield the fields of a record, those of its bases first."""
    fields = {}
    for relative in reversed(family):
        for name, member in relative.attributes.items():
            is_field = member.annotation is not None and "instance-attribute" in member.labels
            if is_field and not name.startswith("_"):
                fields[name] = Parameter(
                    name, annotation=member.annotation, kind=kind, default=member.value
                )
    yield from fields.values()


def offered(module: Module) -> dict[str, str]:
    """Return the names that a package offers, each with the path of what it stands for.

    Args:
        module: a package offers what its `__all__` names, else what it has from its own modules;
            a module offers nothing.
    """
    names = module.members if module.is_init_module else {}
    homes = {name: _home(module.members[name]) for name in map(str, module.exports or names)}
    inside = module.package if module.exports else module
    return {name: path for name, path in homes.items() if path.startswith(f"{inside.path}.")}


def _home(member: Object | Alias) -> str:
    """Return the path of a member, or of what it stands for."""
    try:
        return member.canonical_path
    except (
        AliasResolutionError
    ):  # from another library, or from a part of this one that is left out
        return ""
