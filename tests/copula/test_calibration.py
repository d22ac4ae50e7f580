"""Posterior draws of correlations spread as the truth does around them, where that is drawn too."""

import numpy as np
from scipy.stats import invwishart

from ddlib.copula import fit_copula
from tests.copula.rows import correlated

NUM_FITS, NUM_ROWS, NUM_DRAWS, PRIOR_ROWS = 32, 60, 39, 5.0


def true_correlation(seed: int) -> np.ndarray:
    """A draw of the prior, for three columns."""
    law = invwishart(3 + 1 + PRIOR_ROWS, PRIOR_ROWS * np.eye(3))
    covariance = np.asarray(law.rvs(random_state=np.random.default_rng([seed, 1])))
    std = np.sqrt(covariance.diagonal())
    return covariance / np.outer(std, std)


def smaller_draws(seed: int) -> np.ndarray:
    """How many draws of each correlation are below the true one, of mixed rows with holes."""
    truth = true_correlation(seed)
    scores = correlated(NUM_ROWS, truth, seed)
    levels = np.digitize(scores[:, 2], [-0.5, 0.5])
    rows = np.column_stack([np.exp(scores[:, 0]), scores[:, 1] > 0.3, levels]).astype(float)
    for column, hole in enumerate(np.split(np.arange(NUM_ROWS * 3 // 4), 3)):
        rows[hole, column] = np.nan
    kinds = ["number", "binary", "ordered"]
    settings = {"num_draws": NUM_DRAWS, "thin": 5, "burn_in": 40, "prior_rows": PRIOR_ROWS}
    fit = fit_copula(rows, kinds, seed=seed, **settings)
    below = np.array(fit.correlations) < truth
    return below.sum(0)[np.triu_indices(3, 1)]


def test_intervals_of_95_percent_hold_the_truth_that_often() -> None:
    ranks = np.array([smaller_draws(seed) for seed in range(NUM_FITS)])
    held = (ranks > 0) & (ranks < NUM_DRAWS)  # from the least draw to the greatest
    # 96 intervals: one standard error is .022 of the share, .03 of the mean rank.
    assert held.mean() >= 0.95 - 4 * 0.022
    assert abs(ranks.mean() / NUM_DRAWS - 0.5) <= 4 * 0.03
    # Intervals between quartiles hold half, so that they are not too wide either.
    middle = (ranks >= NUM_DRAWS // 4) & (ranks < NUM_DRAWS - NUM_DRAWS // 4)
    assert abs(middle.mean() - 21 / 40) <= 4 * 0.05
