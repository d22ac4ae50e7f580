"""Which columns and which pairs of columns the tables show, and what was assumed of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ddlib.html.markup import Html, element, join, name
from ddlib.html.matrices import coverage_map
from ddlib.html.page import Row, Section, bullets, figure, paragraph, table
from ddlib.html.svg import fixed
from ddlib.report.comparison import ABSENT, Comparison, Pair, scarcest_pair
from ddlib.tables import Column

MOST_PAIRS = 20  # that are listed
MOST_COLUMNS = 40  # that a figure shows


def coverage_section(compared: Comparison) -> Section:
    """Return the section on which columns the tables have, and which pairs they show together.

    Args:
        compared: tables and merged rows.
    """
    p, together = len(compared.columns), compared.together
    unseen = unseen_pairs(compared)
    rows = [
        Row(with_kind(column), tuple(_rows(compared, site, j) for site in compared.sites))
        for j, column in enumerate(compared.columns)
    ]
    total = tuple(f"{len(codes)} rows" for codes in compared.sites.values())
    heads = ["column", *map(name, compared.sites)]
    parts: list[object] = [
        _sentence(p, unseen),
        *_scarcest(compared),
        table(
            heads,
            [*rows, Row(element("b", "all"), total)],
            caption=f"Rows that show each column, by table; {ABSENT}: the table lacks it",
        ),
    ]
    if 2 < p <= MOST_COLUMNS:
        picture = coverage_map(compared.names, together)
        caption = "Rows that show each pair of columns together: the stronger, the more." + (
            " Hatched pairs are never seen together." if unseen else ""
        )
        parts.append(figure(picture, caption))
    return Section("coverage", "Coverage of columns and pairs", tuple(parts))


def assumptions_section(
    compared: Comparison,
    correlation: np.ndarray,
    bounds: Callable[[int, int], tuple[float, float]],
    *,
    num_draws: int,
    prior_rows: float,
) -> Section:
    """Return the section on what was assumed, with the pairs that rest on assumption alone.

    Args:
        compared: tables and merged rows.
        correlation: of the model's scores for each pair of columns, `(p, p)`.
        bounds: the least and the greatest correlation of a pair that the tables allow.
        num_draws: times that what is missing was drawn.
        prior_rows: k; the correlation of n rows is taken n / (n + k) times as strong.
    """
    unseen = unseen_pairs(compared)
    items = [*_assumptions(compared.least, num_draws), *_shrinkage(compared, prior_rows)]
    if not unseen:
        items.append("Nothing else had to be assumed of pairs of columns: all are seen together.")
        return Section("assumed", "What was assumed", (bullets(items),))
    items.append(
        "Columns that are never seen together are independent of one another given all the other "
        "columns (their partial correlation is 0). No row can confirm or refute this."
    )
    rows = [_assumed(compared.names, p, correlation, bounds) for p in unseen[:MOST_PAIRS]]
    more = f", the first {MOST_PAIRS} of {len(unseen)}" if len(unseen) > MOST_PAIRS else ""
    caption = (
        f"Pairs that rest on this assumption{more}: the correlation of their scores that follows "
        "from it, and the interval that the tables allow. The wider it is, the less a result on "
        "the pair can be trusted."
    )
    pairs = table(["pair", "assumed", "lowest", "highest"], rows, caption=caption)
    return Section("assumed", "What was assumed", (bullets(items), pairs))


def _assumptions(least: int, num_draws: int) -> list[object]:
    """Return what is assumed of all tables."""
    items: list[object] = [
        "The tables are samples of one population: a row could have come from any of them. A "
        "difference between tables in a column that all of them have is in the figures below; it "
        "is modelled only where a source column says which table a row is of.",
        "Cells are missing by chance, given what the same row shows.",
        "Columns keep their own margins: types, ranges, levels and skew. Their dependence is that "
        "of a Gaussian copula: each column follows scores that are jointly normal.",
        f"What is missing was drawn {num_draws} times, and standard errors know of it (Rubin's "
        "rules).",
    ]
    if least > 1:
        items.append(
            f"No figure and no level tells of fewer than {least} rows. Where a table has fewer, "
            "its bins are pooled, and a line shows from where to where a share may lie."
        )
    return items


def _shrinkage(compared: Comparison, prior_rows: float) -> list[Html]:
    """Return by how much correlations are taken as weaker than the rows have them."""
    found = scarcest_pair(compared.together)
    if found is None:
        return []
    pair, fewest = found
    few, most = max(fewest, compared.least), int(np.triu(compared.together, k=1).max())
    times = f"{fixed(few / (few + prior_rows), 2)} times"
    told = f"{times} for the {fewest} rows" if few == fewest else f"less than {times} for the rows"
    first, second = (name(compared.names[place]) for place in pair)
    return [
        join(
            [
                "Correlations are shrunk towards 0, since few rows overstate them: those of n rows "
                f"are taken n / (n + {prior_rows:.2g}) times as strong. That is {told} that show ",
                *(first, " and ", second),
                f", the fewest of a pair, and {fixed(most / (most + prior_rows), 2)} times for the "
                f"most, {most}. The number {prior_rows:.2g} comes from the tables.",
            ]
        )
    ]


def with_kind(column: Column) -> Html:
    """Return the name of a column with its kind behind it.

    Args:
        column: of the tables.
    """
    return join([name(column.name), element("small", column.kind)], " ")


def unseen_pairs(compared: Comparison) -> list[Pair]:
    """Return the pairs of columns that no row shows together.

    Args:
        compared: tables and merged rows.
    """
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(compared.together == 0, k=1))]


def _rows(compared: Comparison, site: str, column: int) -> str:
    """Return how many rows of a table show a column."""
    count = int((~np.isnan(compared.sites[site][:, column])).sum())
    if 0 < count < compared.least:
        return f"fewer than {compared.least}"
    return str(count) if count else ABSENT


def _sentence(p: int, unseen: Sequence[Pair]) -> Html:
    """Return the sentence on pairs."""
    pairs = p * (p - 1) // 2
    if unseen:
        share = f"{len(unseen)} of the {pairs} pairs of columns are"
        if len(unseen) == 1:
            share = f"One of the {pairs} pairs of columns is"
        return paragraph(
            element("b", f"{share} never seen together in a row."),
            " No number of rows tells how such columns depend on one another: there the merged "
            "rows show an assumption, not a finding.",
        )
    return paragraph(f"All {pairs} pairs of columns are seen together.")


def _scarcest(compared: Comparison) -> list[Html]:
    """Return the sentence on the pair of columns that the fewest rows show, if there are pairs."""
    found = scarcest_pair(compared.together)
    if found is None:
        return []
    (i, j), count = found
    rows = f"{count} rows" if count >= compared.least else f"fewer than {compared.least} rows"
    first, second = (name(compared.names[place]) for place in (i, j))
    return [
        paragraph(
            f"Of the pairs that are seen, the fewest rows, {rows}, show ",
            *(first, " and ", second),
            ": how these depend on one another is known least.",
        )
    ]


def _assumed(
    names: Sequence[str],
    pair: tuple[int, int],
    correlation: np.ndarray,
    bounds: Callable[[int, int], tuple[float, float]],
) -> Row:
    """Return the row of one pair that rests on assumption."""
    i, j = pair
    head = join([name(names[i]), name(names[j])], " and ")
    low, high = bounds(i, j)
    values = (correlation[i, j], low, high)
    return Row(head, tuple(fixed(float(value), 2) for value in values))
