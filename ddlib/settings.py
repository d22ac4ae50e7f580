"""Values as people type them, on a command line or in a file of YAML with the lines of its faults.

One reading everywhere, that of YAML 1.2: `010` is 10, `1e-1` is 0.1, and what looks like a date
or a time of day (`2024-01-01`, `1:30`) is a text, not a number in disguise as in YAML 1.1. Whole
numbers are digits alone, as in options: `0x10` and `0o17` are texts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
# Plain words of YAML 1.2's core schema, but for numbers to the bases 8 and 16: what they are, how
# they look, how they begin.
_SCALARS = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
)
_KNOWN = ("null", "bool", "int", "float", "str", "seq", "map")
# Of a value that YAML cannot make; the last, of one that is nested too deeply.
_FAULTS = (yaml.YAMLError, ValueError, LookupError, RecursionError)


class SettingsError(ValueError):
    """A file of settings that cannot be used; the message says file, line and what is wrong."""


class _Loader(yaml.SafeLoader):
    """Makes null, truth values, numbers, texts, lists and mappings, by the rules of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list] = {}  # noqa: RUF012, a name that PyYAML gives
    yaml_constructors = {  # noqa: RUF012
        tag: yaml.SafeLoader.yaml_constructors[tag] for tag in (*(_TAG + k for k in _KNOWN), None)
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Return what a mapping holds, or raise where a name stands twice: YAML's last one wins."""
        names: list[str] = []
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in names:
                message = f"{key.value} stands twice"
                raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
            names.append(key.value)
        return super().construct_mapping(node, deep)


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    """Return the whole number of a node, which is decimal."""
    return int(loader.construct_scalar(node))


for _kind, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(
        _TAG + _kind, re.compile(f"(?:{_pattern})$"), [*_first, *([""] if _kind == "null" else [])]
    )
_Loader.add_constructor(_TAG + "int", _whole_number)


def read_value(text: str) -> Any:
    """Return the value that a text reads as.

    Args:
        text: YAML, as it is typed on a command line.

    Raises:
        ValueError: for a text that is not YAML.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except _FAULTS:
        raise ValueError(f"{text!r}: is not YAML") from None


def parse_file(path: Path) -> yaml.Node:
    """Return the YAML tree of a file, with its lines.

    Args:
        path: a file in UTF-8.

    Raises:
        SettingsError: for a file that cannot be read, is empty or is not YAML.
    """
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_Loader)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path}:{line}: is not YAML: {error.problem}") from None
    except RecursionError:
        raise SettingsError(f"{path}:1: is nested too deeply") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SettingsError(f"{path}:1: is not YAML: has characters that are no text") from None
    if tree is None:
        raise SettingsError(f"{path}:1: is empty; must be YAML")
    return tree


def mapping(path: Path, node: yaml.Node, what: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return name -> (key node, value node) of a YAML mapping.

    Args:
        path: the file that the node is from, which an error names.
        node: the mapping.
        what: what it is, for the error.

    Raises:
        SettingsError: for a node that is no mapping of names, and for a name that stands twice.
    """
    if not isinstance(node, yaml.MappingNode):
        raise fault(path, node, f"{what}: must be a mapping of names to values")
    entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise fault(path, key, f"{what}: must be a mapping of names to values")
        if key.value in entries:
            raise fault(path, key, f"{key.value}: stands twice; must stand once")
        entries[key.value] = (key, value)
    return entries


def value_of(path: Path, node: yaml.Node) -> Any:
    """Return what a YAML node holds.

    Args:
        path: the file that the node is from, which an error names.
        node: of any kind.

    Raises:
        SettingsError: for a tag or a value that YAML does not know.
    """
    try:
        return _Loader("").construct_object(node, deep=True)
    except _FAULTS as error:
        raise fault(path, node, f"is not YAML: {getattr(error, 'problem', error)}") from None


def fault(path: Path, node: yaml.Node, message: str) -> SettingsError:
    """Return an error that names a file and a line in it.

    Args:
        path: the file.
        node: what stands at the line.
        message: what is wrong there.
    """
    return SettingsError(f"{path}:{node.start_mark.line + 1}: {message}")
