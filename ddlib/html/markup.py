"""HTML and SVG from elements, of which all text is escaped.

What a user's tables hold (names of columns, levels, files) is text, whatever it looks like. So text
becomes HTML in one place: a child that is not `Html` already is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

Value = str | int | float | bool | None
"""What an attribute may have: None and False leave it out, True gives its name alone."""

_VOID = frozenset({"br", "hr", "img", "link", "meta"})
# Control characters, halves of a pair, and what is no character.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


def printable(text: object) -> str:
    """Return a text without control characters, each replaced by the mark � of what is unknown.

    Args:
        text: of a user, or anything that has one.
    """
    return _UNPRINTABLE.sub("�", str(text))


def as_html(child: object) -> Html:
    """Return a child of an element: `Html` as it is, anything else as escaped text.

    Args:
        child: what is shown.
    """
    return child if isinstance(child, Html) else Html(escape(printable(child)))


def join(children: Iterable[object], between: str = "") -> Html:
    """Return children one after the other.

    Args:
        children: as in `as_html`.
        between: text from one to the next.
    """
    return Html(as_html(between).join(map(as_html, children)))


def element(tag: str, /, *children: object, **attributes: Value) -> Html:
    """Return one element.

    Args:
        tag: its name.
        children: as in `as_html`.
        attributes: by name; `_` stands for a hyphen, and one at the end is dropped (`class_`).
            Numbers are written to two decimals, which is a hundredth of a pixel.
    """
    given = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{given}>")
    return Html(f"<{tag}{given}>{join(children)}</{tag}>")


def name(text: object) -> Html:
    """Return a name of the user's: set apart, so that one written from right to left stays so.

    Args:
        text: the name.
    """
    return element("bdi", text)


def _attribute(key: str, value: Value) -> str:
    """Return one attribute with the blank before it, or nothing."""
    if value is None or value is False:
        return ""
    written = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {written}"
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    return f' {written}="{escape(printable(value))}"'
