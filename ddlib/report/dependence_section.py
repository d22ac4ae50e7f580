"""How columns depend on one another: their correlations, and the network of direct dependences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ddlib.html.markup import element, join, name
from ddlib.html.matrices import heat_map, scale
from ddlib.html.network import LEAST, network, strongest
from ddlib.html.page import Row, Section, figure, table
from ddlib.html.svg import fixed
from ddlib.report.comparison import Comparison
from ddlib.report.moments import rank_correlation, strength
from ddlib.tables import Column
from ddlib.tables.columns import value_text

MOST_VARIABLES = 40  # that the figure of correlations shows
MOST_EDGES = 24  # of the network
_LISTED = 8  # pairs of a table
_MOST_LEVELS = 5  # of a category, besides its most common one


def correlations_section(compared: Comparison) -> Section:
    """Return the section on correlations, real against merged.

    Args:
        compared: tables and merged rows.
    """
    names, real, merged = _variables(compared)
    found = rank_correlation(real, np.ones(len(real)), max(compared.least, 3))
    made = rank_correlation(merged, compared.weights)
    apart = np.abs(np.triu(found - made, k=1))
    known = np.isfinite(apart) & np.triu(np.ones_like(apart, dtype=bool), k=1)
    if not known.any():
        text = "No pair of columns is seen together in enough rows for a correlation."
        return Section("correlations", "Correlations", (text,))
    order = np.argsort(-np.where(known, apart, -1.0), axis=None, kind="stable")[:_LISTED]
    pairs = [divmod(int(k), len(names)) for k in order if known.flat[k]]
    rows = [
        Row(
            join([name(names[i]), name(names[j])], " and "),
            tuple(fixed(float(v), 2) for v in (found[i, j], made[i, j])),
        )
        for i, j in pairs
    ]
    typical = float(np.sqrt(np.mean(apart[known] ** 2)))
    caption = (
        "Rank correlations: below the diagonal those of the real rows of all tables, above it "
        "those of the merged rows. The figure should be symmetric about its diagonal. Hatched: no "
        "table shows the pair in enough rows, and what the merged rows show is an assumption."
    )
    parts: list[object] = [
        f"Over the pairs that the tables show, correlations of the merged rows differ from the "
        f"real ones by {fixed(typical, 2)} (root mean square); {len(merged)} rows drawn by chance "
        f"would differ by about {fixed(len(merged) ** -0.5, 2)}.",
        _kept(real, found, made, known),
        figure(heat_map(names, found, made), caption),
        scale(),
        table(["pair", "real", "merged"], rows, caption="Pairs with the largest differences"),
    ]
    return Section("correlations", "Correlations", tuple(parts))


def _kept(real: np.ndarray, found: np.ndarray, made: np.ndarray, known: np.ndarray) -> str:
    """Return the sentence on how strong the correlations of merged rows are beside real ones."""
    seen = (~np.isnan(real)).astype(float)
    known = known & np.isfinite(made)
    share, chance = strength(found[known], made[known], (seen.T @ seen)[known])
    words = "are weaker than" if share < 0.95 else "are stronger than" if share > 1.05 else "match"
    return (
        f"They {words} the real ones: of a real correlation merged rows keep {100 * share:.0f} % "
        f"on average (the slope of merged on real ones is {fixed(share, 2)}), where "
        f"{100 * chance:.0f} % is what chance in so few real rows alone would leave."
    )


def network_section(columns: Sequence[Column], partial: np.ndarray) -> Section:
    """Return the section on the network of direct dependences.

    Args:
        columns: of it.
        partial: their partial correlations in the model, `(p, p)`.
    """
    names = [column.name for column in columns]
    signed = [len(column.levels) <= 2 or column.kind == "ordered" for column in columns]
    pairs = strongest(partial, MOST_EDGES)
    if not pairs:
        text = f"No two columns depend on one another beyond a partial correlation of {LEAST}."
        return Section("network", "Network", (text,))
    caption = (
        "The strongest partial correlations of the model: what joins two columns beyond all the "
        "others. Wide lines are strong, solid ones positive, dashed ones negative, grey ones have "
        "no direction, for a category has no order. Columns that are never seen together are "
        "never joined: that is the assumption."
    )
    rows = [
        Row(join([name(names[i]), name(names[j])], " and "), (_value(partial, signed, i, j),))
        for i, j in pairs[:_LISTED]
    ]
    parts = (
        figure(network(names, partial, pairs, signed), caption),
        table(["pair", "partial correlation"], rows, caption="The strongest of them"),
        element(
            "p",
            "A line is no cause: it says what else would have to be held fixed.",
            class_="soft",
        ),
    )
    return Section("network", "Network", parts)


def _value(partial: np.ndarray, signed: Sequence[bool], i: int, j: int) -> str:
    """Return a partial correlation, without its sign where that means nothing."""
    value = float(partial[i, j])
    return fixed(value if signed[i] and signed[j] else abs(value), 2)


def _variables(compared: Comparison) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return names and values of what is correlated: of a category, its common levels."""
    names: list[str] = []
    real, merged = [], []
    for place, column in enumerate(compared.columns):
        codes = compared.real[:, place], compared.merged[:, place]
        if column.kind == "category" and len(column.levels) > 2:
            counts = np.bincount(codes[0][~np.isnan(codes[0])].astype(int))
            others = np.argsort(-counts, kind="stable")[1 : 1 + _MOST_LEVELS]
            for level in sorted(others.tolist()):
                names.append(f"{column.name} = {value_text(column.levels[level])}")
                real.append(np.where(np.isnan(codes[0]), np.nan, codes[0] == level))
                merged.append((codes[1] == level).astype(float))
        else:
            names.append(column.name)
            real.append(codes[0])
            merged.append(codes[1])
    few = slice(0, MOST_VARIABLES)
    return names[few], np.column_stack(real[few]), np.column_stack(merged[few])
