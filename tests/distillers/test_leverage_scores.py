"""Leverage scores against statsmodels and numpy; draws against their probabilities."""

from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.stats import chi2
from statsmodels.api import OLS, add_constant

from ddlib.distillers import LeverageScores
from ddlib.distillers.leverage_scores import draw, leverage_scores
from tests.distillers.test_class_references import CLASSES, class_problem


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=new_generator(seed))


def test_without_penalty_they_are_those_of_a_regression_with_intercept():
    features = normal(20, 3) + 5
    design = add_constant(features.numpy())
    expected = OLS(normal(20, seed=1).numpy(), design).fit().get_influence().hat_matrix_diag
    np.testing.assert_allclose(leverage_scores(features, 0.0), expected, rtol=1e-10)


@pytest.mark.parametrize("num_rows", [3, 20])
def test_with_a_penalty_they_are_those_of_a_ridge_regression(num_rows):
    """The intercept is not shrunk; with three rows there are more columns than rows."""
    features = normal(num_rows, 4) + 5
    table = features.numpy() - features.numpy().mean(0)
    gram = table.T @ table + num_rows * 0.3 * np.eye(4)
    expected = 1 / num_rows + np.diag(table @ np.linalg.solve(gram, table.T))
    np.testing.assert_allclose(leverage_scores(features, 0.3), expected, rtol=1e-10)


def test_directions_without_variation_do_not_count():
    features = normal(20, 3)
    more = torch.cat([features, features[:, :1] + features[:, 1:2], torch.ones(20, 1)], dim=1)
    got = leverage_scores(more, 0.0)
    torch.testing.assert_close(got, leverage_scores(features, 0.0))
    assert got.sum().item() == pytest.approx(4)


@pytest.mark.parametrize("features", [torch.zeros(4, 2), torch.ones(1, 3)])
def test_rows_that_coincide_are_drawn_alike(features):
    scores = leverage_scores(features, 0.0)
    assert scores.tolist() == [1 / len(features)] * len(features)


def test_draws_have_the_probabilities_of_successive_sampling():
    """All ordered pairs of four, by Pearson's statistic."""
    weights = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64)
    generator, num_draws = new_generator(), 3000
    counts = dict.fromkeys(permutations(range(4), 2), 0)
    for _ in range(num_draws):
        counts[tuple(draw(weights, 2, generator=generator).tolist())] += 1
    w = weights.numpy() / weights.sum().item()
    expected = {(i, j): num_draws * w[i] * w[j] / (1 - w[i]) for i, j in counts}
    statistic = sum((counts[p] - expected[p]) ** 2 / expected[p] for p in counts)
    assert statistic < chi2.ppf(0.9999, df=len(counts) - 1)


def test_as_many_as_there_are_is_all_of_them():
    assert sorted(draw(torch.rand(9) + 0.1, 9, generator=new_generator()).tolist()) == [*range(9)]


def test_a_row_far_out_in_its_class_is_drawn_more_often():
    """Its score is near 1, those of the five others near 1/5: in most pairs, not in a third."""
    problem = class_problem((1, 1, 2))
    far = int(CLASSES.groups(problem.training)[2][0])
    problem.training[far, :4] += 300.0
    picked = 0
    for seed in range(40):
        (rows,) = LeverageScores().steps(problem, generator=new_generator(seed))
        assert CLASSES.classes(rows).tolist() == [0, 1, 2, 2]
        picked += bool((rows == problem.training[far]).all(1).any())
    assert picked > 25
