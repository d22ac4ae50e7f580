"""Widgets of a page: controls, a drawing that follows them, and the numbers as a table.

A widget belongs to a figure of its page, the *still*, which shows the same rows in print and
without scripts. All rows lie in the page. The page's own scripts (`book/_static/explorers`) keep
those that the controls ask for, draw them, and write them into the table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ddlib.arguments import fault, raise_faults
from ddlib.html.markup import Html, element, join

DIGITS = 4  # significant ones, of the numbers in a page


@dataclass(frozen=True)
class Control:
    """What a reader sets.

    Attributes:
        name: by which the page's scripts know it; a column where it keeps the rows of one value.
        label: words beside it.
        values: what it may be, with the words for each.
        value: what it is at first, for boxes the list of those that are ticked.
        kind: "select", "slider" or "boxes".
    """

    name: str
    label: str
    values: Mapping[Any, str]
    value: Any
    kind: str = "select"

    def html(self, owner: str) -> Html:
        """Return its HTML.

        Args:
            owner: name of its widget, unique in the page.
        """
        name = f"{owner}-{self.name}"
        if self.kind == "boxes":
            boxes = [
                element(
                    "label",
                    element("input", type="checkbox", value=_key(key), checked=key in self.value),
                    f" {words}",
                )
                for key, words in self.values.items()
            ]
            legend = element("legend", self.label)
            return element("fieldset", legend, *boxes, **{"data-control": self.name})
        label = element("label", self.label, **{"for": name})
        if self.kind == "slider":
            place = [*self.values].index(self.value)
            given = {"min": 0, "max": len(self.values) - 1, "step": 1, "value": place}
            words = self.values[self.value]
            slider = element("input", id=name, type="range", **given, **{"aria-valuetext": words})
            field = join([slider, element("output", words, **{"for": name})])
        else:
            field = element(
                "select",
                *(
                    element("option", words, value=_key(key), selected=bool(key == self.value))
                    for key, words in self.values.items()
                ),
                id=name,
            )
        return element("div", label, field, **{"data-control": self.name})


@dataclass(frozen=True)
class Explorer:
    """A widget, which a notebook shows as the value of a cell.

    Attributes:
        kind: which of the page's scripts draws it: "curves", "matrix", "solutions", "points",
            "ridge".
        still: label of the figure that it stands in for.
        controls: what a reader sets.
        rows: all rows that the controls choose from, tidy.
        columns: columns of the table, with the words for their heads.
        shown: those of `rows` that the still shows, which the table has at first.
        settings: what else the script is told; `chart`, a Vega-Lite chart whose data are named
            "rows", for all kinds but "points" and "ridge".

    Raises:
        ValueError: for columns that `rows` or `shown` lack, and a control whose first value is
            none of its values.
    """

    kind: str
    still: str
    controls: Sequence[Control]
    rows: pd.DataFrame
    columns: Mapping[str, str]
    shown: pd.DataFrame
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Check columns and controls."""
        faults = [
            fault(f"columns, {column!r}", column, f"a column of {name}")
            for name, table in {"rows": self.rows, "shown": self.shown}.items()
            for column in self.columns
            if column not in table
        ]
        for control in self.controls:
            values = control.value if control.kind == "boxes" else [control.value]
            wrong = [value for value in values if value not in control.values]
            known = f"among {', '.join(map(str, control.values))}"
            faults += [fault(f"control {control.name}, value", value, known) for value in wrong]
        raise_faults(faults)

    def _repr_html_(self) -> str:
        """Return the widget: hidden controls, the table in a fold, and the rows."""
        controls = [control.html(self.still) for control in self.controls]
        form = element("form", *controls, hidden=True, **{"class": "explorer-controls"})
        note = element("p", role="status", **{"class": "explorer-note"})
        table = element("div", self._table(), tabindex="0", **{"class": "explorer-table"})
        fold = element("details", element("summary", "The numbers as a table"), table)
        data = element("script", Html(self._json()), type="application/json")
        given = {"class": "explorer", "data-kind": self.kind, "data-still": self.still}
        return element("div", form, note, fold, data, **given)

    def _table(self) -> Html:
        """Return the table of what the still shows."""
        heads = [element("th", words, scope="col") for words in self.columns.values()]
        body = [
            element("tr", *(element("td", _text(value)) for value in row))
            for row in self.shown[[*self.columns]].itertuples(index=False)
        ]
        return element("table", element("thead", element("tr", *heads)), element("tbody", *body))

    def _json(self) -> str:
        """Return rows, controls and settings; nothing in it ends a script."""
        controls = [
            {
                "name": control.name,
                "values": [_key(value) for value in control.values],
                "words": [*control.values.values()],
            }
            for control in self.controls
        ]
        rows = {str(name): [_plain(value) for value in self.rows[name]] for name in self.rows}
        data = {"rows": rows, "columns": self.columns, "controls": controls, **self.settings}
        return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")


def _plain(value: Any) -> Any:
    """Return a value that JSON has, a number with a few digits; None for none."""
    if isinstance(value, str) or value is None:
        return value
    number = float(value)
    if number != number:
        return None
    return int(number) if number == int(number) else float(f"{number:.{DIGITS}g}")


def _key(value: Any) -> str:
    """Return a value of a control as JavaScript writes the one in the rows."""
    return str(_plain(value))


def _text(value: Any) -> str:
    """Return a value as the table has it."""
    plain = _plain(value)
    if plain is None:
        return "–"
    return plain if isinstance(plain, str) else f"{plain:.3g}".replace("-", "−")
