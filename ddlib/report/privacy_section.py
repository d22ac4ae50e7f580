"""What the merged rows tell of single people, as far as it can be measured."""

from __future__ import annotations

from ddlib.html.markup import element
from ddlib.html.page import Row, Section, bullets, table
from ddlib.html.svg import fixed
from ddlib.report.privacy import Nearness
from ddlib.report.twins import Twins

_MEANINGS = (
    "Twins: rows that equal a real row in every column that this one shows. Beside it the same of "
    "the real rows among themselves, with what they lack drawn, as merged rows lack nothing.",
    "Membership inference: the chance that a row that was seen lies nearer to the merged rows than "
    "one that was not (the area under the ROC curve of an attack by distance). Chance is 0.5; more "
    "is told where the whole interval lies above it.",
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


def privacy_section(found: Nearness | str, twins: Twins, *, least: int) -> Section:
    """Return the section on privacy.

    Args:
        found: figures of the recipe on a part of the rows, or why there are none.
        twins: rows that equal a real row in all that it shows.
        least: rows that a level, a column and a table must have.
    """
    rows = [Row("Twins", (_twins(twins, least), "no larger a share than among the real rows"))]
    parts: list[object] = [
        "All merged rows are drawn from a model; none is taken from a table. One may still equal a "
        "real row by coincidence, and the model may give away who was in the tables: both are "
        "measured here, not promised."
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
    if twins.merged:
        parts.append(
            "For fewer twins merge with another --seed, or leave out discrete columns: rows with a "
            "number of many digits hardly have any."
        )
    limits = bullets([_protected(least), *_UNPROTECTED])
    parts += [element("h3", "What is and is not protected"), limits]
    return Section("privacy", "Privacy", tuple(parts))


def _twins(found: Twins, least: int) -> str:
    """Return the shares of merged and of real rows with a twin; few real rows are not counted."""
    real = f"{found.real} of {found.num_real} ({100 * found.real / found.num_real:.0f} %)"
    if 0 < found.real < least:
        real = f"fewer than {least} of {found.num_real}"
    merged = f"{found.merged} of {found.num_merged} ({100 * found.merged / found.num_merged:.0f} %)"
    return f"{merged}; of the real rows {real}"


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
    attack = "more than chance" if found.tells else "not told apart from chance"
    distances = f"{fixed(found.merged, 3)} and {fixed(found.held_out, 3)}"
    return [
        Row("Membership inference", (f"{found.told}: {attack}", "about 0.5")),
        Row("Near ones", (f"{100 * found.near:.0f} %", "about 5 % or less")),
        Row("Distances", (distances, "the first not far below the second")),
    ]
