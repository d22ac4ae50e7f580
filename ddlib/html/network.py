"""The strongest direct dependences between columns, as a network on a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ddlib.html.markup import Html, element
from ddlib.html.svg import drawing, shorten, text

WIDTH, HEIGHT = 440.0, 360.0
LEAST = 0.05  # partial correlation that is a dependence
_RADIUS = 125.0
_AROUND = 14.0  # pixels from the circle to the names
_LINE = 13.0  # pixels from one name to the next below it, at least
_LONGEST = 14  # characters of a name


def partial_correlations(correlation: np.ndarray) -> np.ndarray:
    """Return the correlations of pairs given all else, `(d, d)`, with 1 on the diagonal.

    Args:
        correlation: `(d, d)`, positive definite.
    """
    precision = np.linalg.inv(correlation)
    scale = 1 / np.sqrt(np.diag(precision))
    found = -precision * scale * scale[:, None]
    np.fill_diagonal(found, 1.0)
    return found


def strongest(partial: np.ndarray, most: int) -> list[tuple[int, int]]:
    """Return the pairs with the strongest partial correlations, strongest first.

    Args:
        partial: `(d, d)`.
        most: pairs at most; those below `LEAST` are never among them.
    """
    pairs = np.argwhere(np.triu(np.abs(partial) >= LEAST, k=1))
    sizes = [-abs(partial[i, j]) for i, j in pairs]
    order = np.argsort(sizes, kind="stable")[:most]
    return [(int(pairs[k][0]), int(pairs[k][1])) for k in order]


def by_column(matrix: np.ndarray, places: Sequence[slice]) -> np.ndarray:
    """Return one entry for each pair of columns: the largest of those of their scores, `(p, p)`.

    Args:
        matrix: of d scores, `(d, d)`.
        places: of the scores of each of the p columns.
    """
    found = np.eye(len(places))
    for i, rows in enumerate(places):
        for j, columns in enumerate(places):
            if i != j:
                block = matrix[rows, columns].ravel()
                found[i, j] = block[np.abs(block).argmax()]
    return found


def network(
    names: Sequence[str],
    partial: np.ndarray,
    pairs: Sequence[tuple[int, int]],
    signed: Sequence[bool],
) -> Html:
    """Return columns on a circle, joined where they depend on one another directly.

    Args:
        names: of the p columns.
        partial: their partial correlations, `(p, p)`.
        pairs: that are joined; columns in none of them are left out.
        signed: of which columns the partial correlation has a direction.
    """
    nodes = _around(partial, sorted({node for pair in pairs for node in pair}))
    angles = {node: 2 * np.pi * k / len(nodes) - np.pi / 2 for k, node in enumerate(nodes)}
    places = {
        node: (WIDTH / 2 + _RADIUS * np.cos(a), HEIGHT / 2 + _RADIUS * np.sin(a))
        for node, a in angles.items()
    }
    marks = [
        _edge(names, float(partial[i, j]), (i, j), places, directed=signed[i] and signed[j])
        for i, j in reversed(pairs)
    ]
    for side in (1, -1):
        own = [node for node in nodes if (np.cos(angles[node]) >= 0) == (side > 0)]
        marks += _labels(names, {node: places[node] for node in own}, side)
    for x, y in places.values():
        marks.append(element("circle", cx=float(x), cy=float(y), r=5, fill="var(--text)"))
    label = f"The {len(pairs)} strongest direct dependences among {len(nodes)} columns"
    return drawing(WIDTH, HEIGHT, label, *marks, narrow=True)


def _edge(
    names: Sequence[str],
    value: float,
    pair: tuple[int, int],
    places: Mapping[int, tuple[float, float]],
    *,
    directed: bool,
) -> Html:
    """Return the line between two columns."""
    (x1, y1), (x2, y2) = (places[node] for node in pair)
    colour = "var(--plus)" if value > 0 else "var(--minus)"
    shown = value if directed else abs(value)
    return element(
        "line",
        element("title", f"{names[pair[0]]}, {names[pair[1]]}: {shown:.2f}"),
        x1=float(x1),
        y1=float(y1),
        x2=float(x2),
        y2=float(y2),
        stroke=colour if directed else "var(--soft)",
        stroke_width=1 + 9 * abs(value),
        stroke_opacity=0.75,
        stroke_dasharray="7 4" if directed and value < 0 else None,
    )


def _around(partial: np.ndarray, nodes: list[int]) -> list[int]:
    """Return nodes in an order around the circle that brings those that are joined together."""
    size = np.abs(partial[np.ix_(nodes, nodes)])
    np.fill_diagonal(size, 0.0)
    left = set(range(len(nodes)))
    order = [int(size.sum(axis=0).argmax())]
    left.discard(order[0])
    while left:  # the next is the one that depends most on those placed last
        recent = size[order[-3:]].sum(axis=0)
        order.append(max(sorted(left), key=lambda k: recent[k]))
        left.discard(order[-1])
    return [nodes[k] for k in order]


def _labels(
    names: Sequence[str], places: Mapping[int, tuple[float, float]], side: int
) -> list[Html]:
    """Return the names of the columns of one side outside the circle, joined to them by a line."""
    nodes = sorted(places, key=lambda node: places[node][1])
    stretch = (_RADIUS + _AROUND) / _RADIUS
    wanted = [HEIGHT / 2 + stretch * (places[node][1] - HEIGHT / 2) for node in nodes]
    marks: list[Html] = []
    for node, y in zip(nodes, apart(wanted, _LINE, HEIGHT - 8), strict=True):
        across = max((_RADIUS + _AROUND) ** 2 - (y - HEIGHT / 2) ** 2, 0.0) ** 0.5
        x = WIDTH / 2 + side * max(across, 8.0)
        ends = {"x1": places[node][0], "y1": places[node][1], "x2": x, "y2": y}
        line = {key: float(value) for key, value in ends.items()}
        marks.append(element("line", **line, stroke="var(--soft)", stroke_width=0.6))
        anchor = "start" if side > 0 else "end"
        shown = shorten(names[node], _LONGEST)
        marks.append(text(float(x + 3 * side), float(y + 4), shown, anchor=anchor))
    return marks


def apart(wanted: Sequence[float], least: float, highest: float) -> list[float]:
    """Return places nearest to the wanted ones that are `least` apart, and within their bounds.

    The sum of squared distances is least: neighbours that come too near to one another share the
    mean of their wishes (isotonic regression, by pooling adjacent violators).

    Args:
        wanted: ascending.
        least: from one place to the next.
        highest: of the places; the lowest is `least`. There is room for all.
    """
    pools: list[tuple[float, int]] = []  # mean and size, of what is wanted less k times `least`
    for k, place in enumerate(wanted):
        mean, size = place - k * least, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        pools.append((mean, size))
    shared = [mean for mean, size in pools for _ in range(size)]
    last = highest - (len(wanted) - 1) * least
    return [min(max(mean, least), last) + k * least for k, mean in enumerate(shared)]
