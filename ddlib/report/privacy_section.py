"""What the merged rows tell of single people, as far as it can be measured."""

from __future__ import annotations

from ddlib.html.markup import element
from ddlib.html.page import Row, Section, bullets, table
from ddlib.html.svg import fixed
from ddlib.report.privacy import Nearness

_MEANINGS = (
    "Copies: merged rows that equal a real row in every column that the real row shows.",
    "Membership inference: the chance that a row that was seen lies nearer to the merged rows than "
    "one that was not (the area under the ROC curve of an attack by distance).",
    "Near ones: merged rows nearer to a row that was seen than the nearest twentieth of the unseen "
    "rows is.",
    "Distances: to the nearest row that was seen, the median of merged and that of unseen rows.",
)
_UNPROTECTED = (
    "This is no differential privacy: no bound holds against somebody who knows nearly all of the "
    "tables.",
    "Levels and names of columns are shown as they came. A level that names a person names it "
    "here.",
    "Coefficients, means and correlations of the tables are in the merged rows: that is what they "
    "are made for. What a group has in common is told.",
)


def privacy_section(found: Nearness | str, copied: int, num_rows: int, *, least: int) -> Section:
    """Return the section on privacy.

    Args:
        found: figures of the recipe on a part of the rows, or why there are none.
        copied: merged rows that equal a real row in all that it shows.
        num_rows: of the merged rows.
        least: rows that a level, a column and a table must have.
    """
    rows = [Row("Copies", (f"{copied} of {num_rows}", "0, but for few columns with few levels"))]
    parts: list[object] = [
        "No merged row is a row of a real person: all are drawn from a model. Whether the model "
        "gives away who was in the tables is measured, not promised."
    ]
    meanings = _MEANINGS[:1]
    if isinstance(found, Nearness):
        rows += _figures(found)
        parts.append(_measured(found))
        meanings = _MEANINGS
    else:
        parts.append(f"Nearness to real rows was not measured: {found}.")
    parts.append(table(["figure", "found", "what it should be"], rows, numbers=False))
    parts.append(bullets(meanings))
    limits = bullets([_protected(least), *_UNPROTECTED])
    parts += [element("h3", "What is and is not protected"), limits]
    return Section("privacy", "Privacy", tuple(parts))


def told(found: Nearness) -> bool:
    """Whether nearness tells more of who was in the tables than chance does.

    Args:
        found: figures of the recipe on a part of the rows.
    """
    return found.membership > 0.5 + found.chance


def _measured(found: Nearness) -> str:
    """Return how nearness was measured."""
    means = f": means over {found.splits} such splits" if found.splits > 1 else ""
    return (
        f"For the figures on nearness the same recipe was run on {found.members} of the rows, "
        f"drawn by chance, and judged with the {found.others} others, which it had not "
        f"seen{means}. "
        "The distance of two rows is from 0, the same, to 1, opposite in every column."
    )


def _protected(least: int) -> str:
    """Return how small counts are protected."""
    if least <= 1:
        return "The protection of small counts was switched off (minimum count 1)."
    return (
        f"Levels, columns and tables of fewer than {least} rows were refused or pooled. Margins "
        f"go through means of at least {least} neighbouring values."
    )


def _figures(found: Nearness) -> list[Row]:
    """Return the rows of the figures on nearness."""
    low, high = 0.5 - found.chance, 0.5 + found.chance
    attack = ", more than chance" if told(found) else ""
    chance = f"0.50; {fixed(low, 2)} to {fixed(high, 2)} is chance"
    distances = f"{fixed(found.merged, 3)} and {fixed(found.held_out, 3)}"
    return [
        Row("Membership inference", (f"{fixed(found.membership, 2)}{attack}", chance)),
        Row("Near ones", (f"{100 * found.near:.0f} %", "about 5 % or less")),
        Row("Distances", (distances, "the first not far below the second")),
    ]
