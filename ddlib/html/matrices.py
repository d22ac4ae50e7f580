"""Squares of a cell for each pair of columns: their correlations, and the rows that show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ddlib.html.markup import Html, element
from ddlib.html.svg import HATCHED, drawing, shorten, text

_MARGIN = 10.0  # pixels about the figure
_LETTER = 6.2  # pixels of a character, about
_LONGEST = 18  # characters of a name


def heat_map(names: Sequence[str], real: np.ndarray, merged: np.ndarray) -> Html:
    """Return a square of correlations, hatched where no real row tells them.

    Args:
        names: of the p columns.
        real: `(p, p)`, NaN for pairs in too few rows together; shown below the diagonal.
        merged: `(p, p)`; shown above it.
    """

    def cell(row: int, column: int, place: tuple[float, float, float]) -> Html:
        below = row > column
        value = float((real if below else merged)[row, column])
        whose = "real" if below else "merged"
        told = f"{value:.2f}" if np.isfinite(value) else "in too few rows together"
        if not below and not np.isfinite(value):
            value, told = 0.0, "one of them does not vary"
        title = f"{names[row]}, {names[column]}: {whose} {told}"
        colour = "var(--plus)" if value >= 0 else "var(--minus)"
        return _cell(place, abs(value), colour, title)

    label = (
        f"Rank correlations of {len(names)} columns: below the diagonal of the real rows, above it "
        "of the merged rows"
    )
    return _square(names, cell, label)


def coverage_map(names: Sequence[str], together: np.ndarray) -> Html:
    """Return a square of how many rows show each pair of columns, hatched where none does.

    Args:
        names: of the p columns.
        together: `(p, p)`, rows.
    """
    most = together.max()

    def cell(row: int, column: int, place: tuple[float, float, float]) -> Html:
        count = int(together[row, column])
        share = count / most if count else float("nan")
        told = f"seen together in {100 * share:.0f} % of the rows" if count else "never together"
        return _cell(place, share, "var(--accent)", f"{names[row]}, {names[column]}: {told}")

    return _square(names, cell, f"Which of the {len(names)} columns are seen together")


def scale() -> Html:
    """Return what the colours of `heat_map` stand for."""
    marks: list[Html] = []
    for step, value in enumerate(np.linspace(-1, 1, 9)):
        colour = "var(--plus)" if value >= 0 else "var(--minus)"
        place = (4 + 24.0 * step, 0.0, 24.0)
        marks.append(_cell(place, abs(float(value)), colour, f"{value:.2f}"))
    marks += [
        text(16, 38, "−1", anchor="middle", soft=True),
        text(112, 38, "0", anchor="middle", soft=True),
        text(208, 38, "1", anchor="middle", soft=True),
        _cell((252.0, 0.0, 24.0), float("nan"), "", "in too few rows together"),
        text(264, 38, "in too few rows", anchor="middle", soft=True),
    ]
    return drawing(316, 44, "Scale of the correlations", *marks)


def _square(
    names: Sequence[str], cell: Callable[[int, int, tuple[float, float, float]], Html], label: str
) -> Html:
    """Return a square of cells with the names at two of its sides."""
    p = len(names)
    size = 26.0 if p <= 14 else max(14.0, 380.0 / p)
    shown = [shorten(name, _LONGEST) for name in names]
    side = _MARGIN + _LETTER * max(map(len, shown))
    marks: list[Html] = []
    for row in range(p):
        for column in range(p):
            if row != column:
                marks.append(cell(row, column, (side + size * column, side + size * row, size)))
    for place, name in enumerate(shown):
        middle = side + size * (place + 0.5)
        marks.append(text(side - 5, middle + 4, name, anchor="end"))
        turned = f"translate({middle + 4:.1f} {side - 5:.1f}) rotate(-90)"
        marks.append(element("text", name, transform=turned))
    return drawing(side + size * p + _MARGIN, side + size * p + _MARGIN, label, *marks)


def _cell(place: tuple[float, float, float], share: float, colour: str, title: str) -> Html:
    """Return one cell: the larger its share, the stronger its colour; 0 is the page's ground."""
    x, y, size = place
    known = np.isfinite(share)
    return element(
        "rect",
        element("title", title),
        x=x + 0.5,
        y=y + 0.5,
        width=size - 1,
        height=size - 1,
        fill=colour if known else HATCHED,
        fill_opacity=share if known else None,
        stroke="var(--line)",
        stroke_width=0.5,
    )
