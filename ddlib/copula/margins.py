r"""Margins: how a column's codes and its latent normal scores belong together.

A column of numbers has a quantile function in pieces over the probability u = Φ(raw score): a
value that many rows share is a step; the other values, sorted and cut into groups of at least
`group` rows, enter only by the groups' means, each at the middle of its group, with straight lines
between and beyond the outermost. So no value of one row can be read from a margin.

A category of L levels has L − 1 scores, the utilities of all levels but the most common one, whose
own is 0: the level is that of the greatest utility (a multinomial probit; McCulloch and Rossi
1994).

Raw scores are those of the seen rows; those of the population, by which a margin is read, have mean
0 and variance 1: raw = shift + scale × score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr


@dataclass(frozen=True, eq=False)
class Margin:
    """The map between the codes of a column and its latent scores.

    Attributes:
        kind: of the column.
        edges: of the pieces, as probabilities from 0 to 1, `(k + 1,)`; empty for a category.
        low: code at each piece's lower edge, `(k,)`; of a category, its levels, first that whose
            utility is 0, `(L,)`.
        high: code at each piece's upper edge, `(k,)`, the same as `low` for a step.
        shift: mean of the raw scores in the population, `(m,)`.
        scale: their standard deviation, `(m,)`.
        whole: whether codes are whole numbers.
    """

    kind: str
    edges: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shift: np.ndarray
    scale: np.ndarray
    whole: bool

    @property
    def num_scores(self) -> int:
        """The number m of latent scores: one, or L − 1 for a category (at least one)."""
        return len(self.shift)

    def codes(self, scores: np.ndarray) -> np.ndarray:
        """Return the codes `(n,)` of standard scores.

        Args:
            scores: `(n, m)`.
        """
        return self.codes_of_raw(self.shift + self.scale * scores)

    def codes_of_raw(self, raw: np.ndarray) -> np.ndarray:
        """Return the codes `(n,)` of raw scores.

        Args:
            raw: `(n, m)`.
        """
        if self.kind == "category":
            utilities = np.column_stack([np.zeros(len(raw)), raw])[:, : len(self.low)]
            return self.low[utilities.argmax(1)]
        share = ndtr(raw[:, 0])
        piece = np.clip(np.searchsorted(self.edges, share, "right") - 1, 0, len(self.low) - 1)
        within = (share - self.edges[piece]) / np.diff(self.edges)[piece]
        codes = self.low[piece] + within * (self.high - self.low)[piece]
        return np.rint(codes) if self.whole else codes


def score_places(margins: Sequence[Margin]) -> tuple[slice, ...]:
    """Return where the scores of each column stand among those of all.

    Args:
        margins: of the columns.
    """
    ends = np.cumsum([margin.num_scores for margin in margins]).tolist()
    sizes = (margin.num_scores for margin in margins)
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))


def number_pieces(
    values: np.ndarray, counts: np.ndarray, heavy: np.ndarray, group: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pieces of a quantile function: edges `(k + 1,)`, low and high codes `(k,)`.

    Args:
        values: that a column has, sorted, `(v,)`.
        counts: of each, `(v,)`.
        heavy: which are steps, `(v,)`.
        group: rows that a mean is over, at least.
    """
    pieces: list[tuple[float, float, float]] = []  # rows, low, high
    spare = 0.0  # rows between steps, too few for a mean: they count for the step beside them
    for start, end in _stretches(heavy):
        rows = counts[start:end].sum()
        if heavy[start]:
            pieces.append((rows + spare, values[start], values[start]))
            spare = 0.0
        elif rows >= group:
            least = values[start - 1] if start else (0.0 if values[0] >= 0 else -np.inf)
            most = values[end] if end < len(values) else (0.0 if values[-1] <= 0 else np.inf)
            drawn = _lines(np.repeat(values[start:end], counts[start:end]), group)
            pieces += [(n, *np.clip([a, b], least, most)) for n, a, b in drawn]
        elif pieces:
            pieces[-1] = (pieces[-1][0] + rows, *pieces[-1][1:])
        else:
            spare = rows
    table = np.array(pieces)
    edges = np.concatenate([[0.0], table[:, 0].cumsum() / table[:, 0].sum()])
    edges[-1] = 1.0
    return edges, table[:, 1], table[:, 2]


def _stretches(heavy: np.ndarray) -> list[tuple[int, int]]:
    """Return where each step, and each run of values between steps, begins and ends."""
    starts = [i for i in range(len(heavy)) if i == 0 or heavy[i] or heavy[i - 1]]
    return list(zip(starts, [*starts[1:], len(heavy)], strict=True))


def _lines(values: np.ndarray, group: int) -> list[tuple[float, float, float]]:
    """Return lines through the means of groups of sorted values: rows, low and high of each."""
    num_groups = len(values) // group
    if num_groups == 1:  # a line with the mean and the standard deviation
        half = 3**0.5 * values.std()
        return [(len(values), values.mean() - half, values.mean() + half)]
    parts = np.array_split(values, num_groups)
    means = np.array([part.mean() for part in parts])
    sizes = np.array([len(part) for part in parts])
    first = means[0] - (means[1] - means[0]) / 2
    last = means[-1] + (means[-1] - means[-2]) / 2
    points = np.concatenate([[first], means, [last]])
    rows = np.concatenate([[sizes[0] / 2], (sizes[:-1] + sizes[1:]) / 2, [sizes[-1] / 2]])
    return [(n, a, b) for n, a, b in zip(rows, points[:-1], points[1:], strict=True)]
