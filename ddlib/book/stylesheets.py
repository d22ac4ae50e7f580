"""Style sheets without the rules that a site does not need, and those apart that can wait."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import tinycss2

CONDITIONS = ("media", "supports", "layer", "container")
PRINT = re.compile(r"\s*print\s*")
DEFINITION = re.compile(r"(--[\w-]+)\s*:([^;{}]*)")
REFERENCE = re.compile(r"var\(\s*(--[\w-]+)")
WORD = re.compile(r"[\w-]+")
# Bootstrap puts these names together from pieces, such as `bs-tooltip-` and a side.
COMPOSED = "bs-"
RELATIVE = re.compile(r"(?![a-z]+:|/|#)", re.IGNORECASE)

Keep = Callable[[Collection[str]], bool]


def split_sheet(sheet: str, pages: Collection[str], scripts: Collection[str]) -> tuple[str, str]:
    """Split a style sheet into the rules that pages need as they are, and those that can wait.

    What can wait is for print, or for what a script makes. A rule is dropped that asks for a class
    or an id that neither pages nor scripts know. One without any is needed.

    Args:
        sheet: CSS, without imports.
        pages: classes and ids of the pages.
        scripts: words of the scripts, which may be classes or ids.

    Returns:
        The two sheets.
    """
    known = {*pages, *scripts}

    def at_once(names: Collection[str]) -> bool:
        return all(name in pages for name in names)

    def later(names: Collection[str]) -> bool:
        fits = all(name in known or name.startswith(COMPOSED) for name in names)
        return fits and not at_once(names)

    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    screen = [rule for rule in rules if not _waits(rule)]
    paper = [rule for rule in rules if _waits(rule)]
    waiting = _kept(paper, lambda names: at_once(names) or later(names))
    return _kept(screen, at_once), _kept(screen, later, bare=False) + waiting


def drop_unused(sheets: Sequence[str], elsewhere: Iterable[str] = ()) -> list[str]:
    """Drop custom properties and key frames that nothing refers to.

    Args:
        sheets: style sheets of one site.
        elsewhere: names of custom properties that pages and scripts have.

    Returns:
        The sheets in their order.
    """
    text = "".join(sheets)
    used = {*elsewhere, *REFERENCE.findall(DEFINITION.sub("", text))}
    leads_to: dict[str, set[str]] = {}
    for name, value in DEFINITION.findall(text):
        leads_to.setdefault(name, set()).update(REFERENCE.findall(value))
    new = used
    while new:  # what a value refers to is used where the value is
        new = {name for one in new for name in leads_to.get(one, ())} - used
        used |= new
    words = set(WORD.findall(re.sub(r"@(-\w+-)?keyframes\s+[\w-]+", "", text)))
    return [_without(sheet, used, words) for sheet in sheets]


def move_addresses(sheet: str, old: str, new: str) -> str:
    """Let relative addresses of a style sheet hold in another folder.

    Args:
        sheet: CSS.
        old: folder that the addresses are relative to.
        new: folder that they shall be relative to.
    """

    def moved(address: str) -> str:
        if not address or not RELATIVE.match(address):
            return address
        path, mark, rest = re.match(r"([^?#]*)([?#]?)(.*)", address, re.DOTALL).groups()  # type: ignore[union-attr]
        return posixpath.relpath(posixpath.join("/", old, path), f"/{new}") + mark + rest

    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True)
    for node in _walk(rules):
        if node.type == "url":
            node.representation = f'url("{moved(node.value)}")'
        elif node.type == "function" and node.lower_name == "url":
            for part in node.arguments:
                if part.type == "string":
                    part.representation = f'"{moved(part.value)}"'
    return tinycss2.serialize(rules)


def _walk(nodes: Iterable[Any]) -> Iterator[Any]:
    """Yield tokens and those within them."""
    for node in nodes:
        yield node
        for inside in ("prelude", "content", "arguments"):
            yield from _walk(getattr(node, inside, None) or ())


def _waits(rule: Any) -> bool:
    """Return whether a rule is for paper, or a change in time."""
    if rule.type != "at-rule":
        return False
    name = rule.lower_at_keyword
    is_print = name == "media" and PRINT.fullmatch(tinycss2.serialize(rule.prelude))
    return bool(is_print) or name == "page" or name.endswith("keyframes")


def _kept(rules: Iterable[Any], keep: Keep, *, bare: bool = True) -> str:
    """Return the rules of which a selector is kept; `bare` are those without any selector."""
    parts: list[str] = []
    for rule in rules:
        if rule.type == "qualified-rule":
            chosen = [one for one in _selectors(rule.prelude) if keep(_names(one))]
            head = ",".join(tinycss2.serialize(one).strip() for one in chosen)
            body = _plain(rule.content) if head else ""
        elif rule.type != "at-rule" or rule.lower_at_keyword == "charset":
            continue
        elif rule.lower_at_keyword in CONDITIONS and rule.content is not None:
            head = f"@{rule.at_keyword} {_plain(rule.prelude)}"
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            body = _kept(inner, keep, bare=bare)
        elif bare:
            head = f"@{rule.at_keyword} {_plain(rule.prelude)}"
            body = "" if rule.content is None else _plain(rule.content)
            parts += [f"{head};"] if rule.content is None else []
        else:
            continue
        parts += [f"{head}{{{body}}}"] if body else []
    return "".join(parts)


def _selectors(prelude: Iterable[Any]) -> list[list[Any]]:
    """Return the selectors of a rule, which stand between its commas."""
    parts: list[list[Any]] = [[]]
    for node in prelude:
        if node.type == "literal" and node.value == ",":
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def _names(selector: Sequence[Any]) -> set[str]:
    """Return the classes and ids that a selector asks for; what stands in brackets may be none."""
    names = {node.value for node in selector if node.type == "hash"}
    for before, node in pairwise(selector):
        if before.type == "literal" and before.value == "." and node.type == "ident":
            names.add(node.value)
    return names


def _plain(nodes: Iterable[Any]) -> str:
    """Return CSS without comments and double blanks."""
    kept = [node for node in nodes if node.type != "comment"]
    for node in kept:
        if node.type == "whitespace":
            node.value = " "
    return tinycss2.serialize(kept).strip()


def _without(sheet: str, used: Collection[str], words: Collection[str]) -> str:
    """Return a sheet without custom properties that are not used, and key frames without words."""
    parts: list[str] = []
    for rule in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        parts.append(_rule_without(rule, used, words))
    return "".join(parts)


def _rule_without(rule: Any, used: Collection[str], words: Collection[str]) -> str:
    """Return a rule in the same way; nothing where nothing is left of it."""
    if rule.type == "at-rule" and rule.content is not None:
        head = f"@{rule.at_keyword} {_plain(rule.prelude)}"
        if rule.lower_at_keyword.endswith("keyframes"):
            is_named = _plain(rule.prelude) in words
            return f"{head}{{{_plain(rule.content)}}}" if is_named else ""
        if rule.lower_at_keyword in CONDITIONS:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            body = "".join(_rule_without(one, used, words) for one in inner)
            return f"{head}{{{body}}}" if body else ""
    if rule.type != "qualified-rule":
        return rule.serialize()
    content: Any = rule.content
    body = ";".join(
        declaration.serialize()
        for declaration in tinycss2.parse_blocks_contents(
            content, skip_comments=True, skip_whitespace=True
        )
        if declaration.type != "declaration"
        or not declaration.name.startswith("--")
        or declaration.name in used
    )
    return f"{_plain(rule.prelude)}{{{body}}}" if body else ""
