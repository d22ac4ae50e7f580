"""Fits to moments of patterns are those to the rows themselves, and draws have their laws."""

import numpy as np
import pytest
import torch
from scipy import stats

from ddlib.dbn.em import fit_em
from ddlib.sites import Moments
from ddlib.sites.augment import Augmentation
from ddlib.sites.em import Gaussian, fit_moments, prior_of

NAMES = ("a", "b", "c", "d")
BLOCKS = np.arange(4)


def rows(seed: int, count: int, share: float = 0.25) -> np.ndarray:
    """Rows of four dependent features, of which some are missing."""
    drawn = np.random.default_rng(seed)
    values = drawn.normal(size=(count, 4)) @ drawn.normal(size=(4, 4)) + drawn.normal(size=4)
    return np.where(drawn.random(values.shape) < share, np.nan, values)


def test_complete_rows_have_their_own_moments() -> None:
    values = rows(0, 50, share=0.0)
    law = fit_moments(Moments.of(NAMES, values), BLOCKS, prior_rows=0.0)
    np.testing.assert_allclose(law.mean, values.mean(0), atol=1e-9)
    np.testing.assert_allclose(law.covariance, np.cov(values.T, ddof=0), atol=1e-9)


def test_the_fit_is_that_of_the_rows() -> None:
    values = rows(1, 200)
    values = values[~np.isnan(values).all(1)]
    law = fit_moments(Moments.of(NAMES, values), BLOCKS, prior_rows=0.0)
    arcs = torch.ones(4, 4, dtype=torch.bool).triu(1)
    every = torch.cat([torch.zeros(4, 4, dtype=torch.bool), arcs])
    fit = fit_em(
        [torch.from_numpy(values)[:, None]],
        noise_std=0.0,
        structure=(arcs, every),
        tolerance=1e-13,
        max_iterations=5000,
    )
    mean, covariance = fit.network.moments(1)
    np.testing.assert_allclose(law.mean, mean.numpy().ravel(), atol=1e-4)
    np.testing.assert_allclose(law.covariance, covariance.numpy(), atol=1e-4)


def test_unseen_pairs_are_independent_given_the_others() -> None:
    values = rows(2, 300, share=0.0)
    values[:150, 0], values[150:, 3] = np.nan, np.nan
    law = fit_moments(Moments.of(NAMES, values), BLOCKS, prior_rows=0.0)
    precision = np.linalg.inv(law.covariance)
    assert abs(precision[0, 3]) < 1e-6 * np.sqrt(precision[0, 0] * precision[3, 3])
    np.testing.assert_allclose(law.mean[1:3], values[:, 1:3].mean(0), atol=1e-8)
    inner = np.cov(values[:, 1:3].T, ddof=0)
    np.testing.assert_allclose(law.covariance[1:3, 1:3], inner, atol=1e-7)
    shown = values[150:, :3]  # the regression of a on b and c is that of the rows that show it
    design = np.column_stack([np.ones(150), shown[:, 1:]])
    slopes = np.linalg.lstsq(design, shown[:, 0])[0][1:]
    ours = np.linalg.solve(law.covariance[1:3, 1:3], law.covariance[1:3, 0])
    np.testing.assert_allclose(ours, slopes, atol=1e-6)


def test_the_prior_shrinks_towards_independent_columns() -> None:
    values = rows(3, 80, share=0.0)
    moments = Moments.of(NAMES, values)
    blocks = np.array([0, 0, 1, 2])
    prior, known = prior_of(moments, blocks)
    assert known.all()
    np.testing.assert_allclose(prior.covariance[0, 1], np.cov(values.T, ddof=0)[0, 1])
    assert not prior.covariance[0, 2:].any()
    law = fit_moments(moments, blocks, prior_rows=20.0)
    wanted = (80 * np.cov(values.T, ddof=0) + 20 * prior.covariance) / 100
    np.testing.assert_allclose(law.covariance, wanted, atol=1e-9)


def test_a_feature_that_no_site_shows_is_named() -> None:
    values = rows(4, 40)
    values[:, 2] = np.nan
    with pytest.raises(ValueError, match="c: told by no site"):
        fit_moments(Moments.of(NAMES, values), BLOCKS)


def completed(values: np.ndarray, law: Gaussian, times: int) -> np.ndarray:
    """Covariances of rows whose missing entries are drawn from a law so often, given their rows."""
    drawn = np.random.default_rng(7)
    filled = np.repeat(values[None], times, axis=0)
    patterns, place = np.unique(np.isnan(values), axis=0, return_inverse=True)
    for k, lacks in enumerate(patterns):
        if lacks.any():
            own = np.flatnonzero(place.ravel() == k)
            cross = law.covariance[np.ix_(lacks, ~lacks)]
            to = np.linalg.solve(law.covariance[np.ix_(~lacks, ~lacks)], cross.T).T
            centre = law.mean[lacks] + (values[np.ix_(own, ~lacks)] - law.mean[~lacks]) @ to.T
            rest = law.covariance[np.ix_(lacks, lacks)] - to @ cross.T
            noise = drawn.multivariate_normal(np.zeros(len(rest)), rest, (times, len(own)))
            filled[np.ix_(range(times), own, lacks)] = centre + noise
    away = filled - filled.mean(1, keepdims=True)
    return np.einsum("tni,tnj->tij", away, away) / len(values)


@pytest.mark.parametrize("count", [12, 60])
def test_moments_of_completed_rows_have_the_law_of_completed_rows(count: int) -> None:
    values = rows(5, count, share=0.0)
    values[: count // 2, 2:], values[-3:, 0] = np.nan, np.nan
    law = Gaussian(np.zeros(4), np.array(stats.wishart(9, np.eye(4)).rvs(random_state=0)) / 9)
    moments = Moments.of(NAMES, values)
    drawn, times = np.random.default_rng(6), 1500
    chains = (Augmentation(moments, BLOCKS, law, drawn) for _ in range(times))
    ours = [chain.sweep().completed.covariance for chain in chains]
    theirs = completed(values, law, times)
    for i, j in ((2, 2), (2, 3), (0, 2), (0, 0)):
        one, other = (np.array(path)[:, i, j] for path in (ours, theirs))
        assert stats.ks_2samp(one, other).pvalue > 1e-4


def test_the_law_varies_as_complete_rows_have_it() -> None:
    values = rows(7, 100, share=0.0)
    moments = Moments.of(NAMES, values)
    chain = Augmentation(moments, BLOCKS, fit_moments(moments, BLOCKS), np.random.default_rng(0))
    laws = [chain.sweep().law for _ in range(2000)]
    means = np.array([law.mean for law in laws])
    std = np.sqrt(np.var(values, axis=0) / 100)
    np.testing.assert_allclose(means.mean(0), values.mean(0), atol=0.2 * std.max())
    np.testing.assert_allclose(means.std(0), std, rtol=0.1)
