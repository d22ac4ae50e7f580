"""What tables were taken for, as a file of settings that says the same, to be changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ddlib.tables.columns import Column
from ddlib.tables.faults import TablesError, yaml_word
from ddlib.tables.load import Input
from ddlib.tables.settings import Settings
from ddlib.tables.sources import Sources, read_sources

HEAD = """\
# What `ddlib check` takes these tables for. Change what is meant differently, then give this file
# to `ddlib check` and `ddlib merge` with --settings. Kinds are number, count, binary, category,
# date and key (never synthesised), or the levels of an ordered column in order: [low, high].
"""
_SHOWN = 8  # levels that a comment lists
# What YAML does not take as it is, or takes for the end of a line.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def settings_text(
    sources: Sources, inputs: Sequence[Input] | Mapping[str, Input], settings: Settings
) -> str:
    """Return the text of a file of settings with which tables are read as they were.

    Args:
        sources: the tables as they were read.
        inputs: where from.
        settings: what was said of them.

    Returns:
        YAML with the kinds of all columns, what else was said, and what is to be decided, as
        comments.
    """
    kinds = dict(_sure(sources, inputs, settings).kinds)
    lines = [HEAD, "kinds:"]
    for column in sources.schema:
        if column.name in kinds:
            said = f"  {_scalar(column.name)}: {_flow(kinds[column.name])}"
            lines.append(f"{said}{_comment(column)}")
        elif column.name != settings.source_column:
            lines.append(f"  # {_plain(column.name)}: {column.kind}, as its cells say")
    if not kinds:
        lines[1] = "kinds: {}"
    lines.append("")
    for name in [field.name for field in fields(Settings) if field.name != "kinds"]:
        if (value := getattr(settings, name)) is not None:
            lines.append(f"{name}: {_flow(value)}")
    asked = [note.text for note in sources.notes if note.level == "warning"]
    if asked:
        lines += ["", "# To decide:", *(f"# - {_plain(text)}" for text in asked)]
    return "\n".join([*lines, ""])


def _sure(
    sources: Sources, inputs: Sequence[Input] | Mapping[str, Input], settings: Settings
) -> Settings:
    """Return settings with the kinds of columns, but for those that the cells say otherwise.

    A column of which rare levels were pooled may be of another kind than its cells.
    """
    columns = [column for column in sources.schema if column.name != settings.source_column]
    kinds = {column.name: settings.kinds.get(column.name, _kind(column)) for column in columns}
    while True:
        told = replace(settings, kinds=kinds)
        try:
            again = read_sources(inputs, told).schema
        except TablesError as error:
            lines = "\n".join(error.faults)
            wrong = {name for name in kinds if f"column {name!r}" in lines}
        else:
            wrong = {c.name for c in columns if c.name not in again or again[c.name] != c}
        wrong &= {name for name in kinds if name not in settings.kinds}
        if not wrong:
            return told
        kinds = {name: kind for name, kind in kinds.items() if name not in wrong}


def _kind(column: Column) -> Any:
    """Return the kind of a column as settings have it: of an ordered one of words its levels."""
    words = any(isinstance(level, str) for level in column.levels)
    return [*column.levels] if column.kind == "ordered" and words else column.kind


def _comment(column: Column) -> str:
    """Return what a line says of the levels of a column, behind its kind."""
    if not column.levels:
        return ""
    between = " < " if column.kind == "ordered" else ", "
    more = ["…"] if len(column.levels) > _SHOWN else []
    return f"  # {_plain(between.join([*column.level_texts[:_SHOWN], *more]))}"


def _flow(value: Any) -> str:
    """Return a value in YAML on one line."""
    if isinstance(value, Mapping):
        entries = (f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Return a text, a number or a truth value in YAML."""
    if not isinstance(value, str):
        return json.dumps(value)
    if yaml_word(value) == value:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _plain(text: str) -> str:
    """Return a text for a comment, on one line."""
    return _ODD.sub("�", text)
