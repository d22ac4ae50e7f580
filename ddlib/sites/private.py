r"""A summary with (ε, δ)-differential privacy: one person more or less changes little of its law.

The site states its columns with bounds and levels; nothing of them is read off the rows. Three
releases are noisy, each by OpenDP's discrete Gaussian mechanism, and their losses ρ add up:

- the margins: counts over bins and levels (`ddlib.sites.histogram`);
- on their scale, rows that show each pair of columns, and sums of products over rows of bounded
  norm (`ddlib.sites.clipped`).

All else follows from these. Moments are told as one pattern of all columns, with as many rows as
they are worth after noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ddlib.sites.clipped import Frame
from ddlib.sites.denoise import NoisySums, denoised
from ddlib.sites.features import features_of
from ddlib.sites.histogram import bin_counts, law_of, rows_of, sensitivity_of, shrunk, to_simplex
from ddlib.sites.loss import rho_for
from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.noise import Noise, noise_scale, opendp_noise
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.sites.summary import ColumnMargin, Summary
from ddlib.tables import Schema
from ddlib.tables.columns import WITH_LEVELS

MARGINS, TOGETHER = 0.3, 0.1
"""The shares of ρ for margins and for rows that show pairs; the rest is for products. Errors of
correlations are least about there: those of products weigh by 1, of counts by the correlation."""
_LEAST_VARIANCE = 0.05  # of the scores of a column, by which they are divided


@dataclass(frozen=True, eq=False)
class _Margins:
    """The margins with noise: rows of the site, and of each column's levels or bins."""

    rows: float
    seen: np.ndarray
    counts: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, stated: Schema, codes: np.ndarray, rho: float, noise: Noise) -> _Margins:
        """Release the margins of codes within their bounds."""
        own = [bin_counts(c, v) for c, v in zip(stated.columns, codes.T, strict=True)]
        sums = np.concatenate([[len(codes)], *own]).astype(np.int64)
        size = sensitivity_of(len(own))
        spread = noise_scale(size, rho)
        noisy = noise(sums, size, rho).astype(np.float64)
        parts = np.split(noisy[1:], np.cumsum([len(counts) for counts in own])[:-1])
        rows = rows_of(noisy[0], parts)
        whole = [to_simplex([*shrunk(part[:-1], spread), part[-1]], rows) for part in parts]
        # One more row, spread evenly: no level has none.
        counts = [part[:-1] + 1 / (len(part) - 1) for part in whole]
        seen = np.array([np.clip(rows - part[-1], 1.0, rows) for part in whole])
        return cls(rows, seen, tuple(counts))


@dataclass(frozen=True, eq=False)
class Released:
    """What a private summary tells; all of it follows from noisy sums.

    Attributes:
        rows: of the site.
        seen: rows that show each column, `(p,)`.
        counts: of each column's levels or bins, above 0.
        scale: of the margins.
        moments: one pattern of all columns, of as many rows as they are worth.
    """

    rows: float
    seen: np.ndarray
    counts: tuple[np.ndarray, ...]
    scale: Scale
    moments: Moments


def release(
    stated: Schema, codes: np.ndarray, *, rho: float, noise: Noise = opendp_noise
) -> Released:
    """Return what may be told of rows at a loss of at most ρ, one person added or removed.

    Args:
        stated: columns with bounds and levels that are not read off the rows.
        codes: `(n, p)`, NaN where missing; numbers beyond their bounds count as the bounds.
        rho: the loss, above 0.
        noise: OpenDP's protects people; another one is for simulations.
    """
    low = np.array([-np.inf if c.low is None else c.low for c in stated.columns])
    high = np.array([np.inf if c.high is None else c.high for c in stated.columns])
    codes = np.clip(codes, low, high)
    margins = _Margins.of(stated, codes, MARGINS * rho, noise)
    scale = _scale(stated, margins)
    left = rho - MARGINS * rho - TOGETHER * rho
    frame = _frame(scale, margins, left)
    features = features_of(scale, codes)
    together = noise(frame.seen_sums(features), frame.pair_sensitivity, TOGETHER * rho)
    size = frame.product_sensitivity
    noisy = noise(frame.product_sums(features), size, left).astype(np.float64)
    products, norms = frame.scaled(noisy)
    spread = frame.scaled(np.array([noise_scale(size, left), 0.0]))[0].item()
    sums = NoisySums(margins.rows, margins.seen, together, products, norms, spread)
    correlation, worth = denoised(frame, sums)
    moments = Moments(scale.features, (_pattern(frame, correlation, worth),))
    return Released(margins.rows, margins.seen, margins.counts, scale, moments)


def private_summary(
    stated: Schema, codes: np.ndarray, *, epsilon: float, delta: float, noise: Noise = opendp_noise
) -> Summary:
    """Return a summary with (ε, δ)-differential privacy, one row added or removed.

    Args:
        stated: columns with bounds and levels that are not read off the rows.
        codes: `(n, p)`, NaN where missing.
        epsilon: ε, above 0.
        delta: δ, above 0 and below 1.
        noise: OpenDP's protects people; another one is for simulations.
    """
    told = release(stated, codes, rho=rho_for(epsilon, delta), noise=noise)
    margins = _told(told)
    line = (
        f"all of this has (ε, δ)-differential privacy with ε = {epsilon:g} and δ = {delta:g} for "
        "one row added or removed; numbers of rows have noise, and the pattern has as many rows as "
        "its moments are worth; the minimum count is not used: noise protects small counts"
    )
    return Summary(
        rows=max(round(told.rows), *(margin.seen for margin in margins)),
        min_count=None,
        margins=margins,
        scale=told.scale,
        shared=False,
        moments=told.moments,
        notes=(line,),
    )


def _scale(stated: Schema, margins: _Margins) -> Scale:
    """Return the scale of the margins."""
    laws: list[Quantiles | None] = [
        None if column.kind in WITH_LEVELS else law_of(column, counts)
        for column, counts in zip(stated.columns, margins.counts, strict=True)
    ]
    return Scale.of(stated.columns, laws)


def _frame(scale: Scale, margins: _Margins, rho: float) -> Frame:
    """Return means and covariances of features within columns, as the margins have them."""
    size = len(scale.features)
    mean, within = np.zeros(size), np.zeros((size, size))
    parts = zip(scale.columns, scale.laws, scale.places, margins.counts, strict=True)
    for column, law, place, counts in parts:
        if law is not None:
            within[place, place] = max(_LEAST_VARIANCE, _score_variance(law))
            continue
        shares = counts / counts.sum()
        if column.kind == "category":
            mean[place] = shares[1:]
            both = np.diag(shares[1:])
        else:
            mean[place] = 1 - np.cumsum(shares)[:-1]
            both = np.minimum(mean[place][:, None], mean[place])
        within[place, place] = both - np.outer(mean[place], mean[place])
    return Frame.of(scale.owners, mean, within, rows=margins.rows, rho=rho)


def _score_variance(law: Quantiles) -> float:
    """Return the variance of a column's scores: a step has one, the mean score of its rows."""
    ends = ndtri(law.edges)
    density = np.exp(-np.square(ends) / 2) / np.sqrt(2 * np.pi)
    moment = np.where(np.isfinite(ends), ends, 0.0) * density  # of the tail, 0 at either end
    lines = np.diff(law.edges) - np.diff(moment)
    steps = np.diff(law.edges) * np.square(law.step_scores)
    return float(np.where(law.is_step, steps, lines).sum())


def _pattern(frame: Frame, correlation: np.ndarray, worth: float) -> Pattern:
    """Return the moments of features of as many rows as they are worth."""
    rows = max(1, round(worth))
    covariance = frame.root @ correlation @ frame.root
    # Blocks within columns as the margins have them, without rounding.
    own = frame.owners[:, None] == frame.owners
    covariance = np.where(own, frame.within, covariance)
    products = rows * (covariance + np.outer(frame.mean, frame.mean))
    return Pattern(np.ones(len(frame.owners), dtype=bool), rows, rows * frame.mean, products)


def _told(told: Released) -> tuple[ColumnMargin, ...]:
    """Return what is told of each column alone, in whole rows."""
    found: list[ColumnMargin] = []
    for law, seen, counts in zip(told.scale.laws, told.seen, told.counts, strict=True):
        whole = np.maximum(1, np.rint(counts * (seen / counts.sum()))).astype(np.int64)
        if law is None:
            found.append(ColumnMargin(int(whole.sum()), counts=whole))
        else:
            found.append(ColumnMargin(round(seen), law=law))
    return tuple(found)
