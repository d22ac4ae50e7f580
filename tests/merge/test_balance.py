"""Rows that are chosen so that equations nearly hold, and what helps where no weights would do."""

import numpy as np
import pytest

from ddlib.merge.calibration import NoWeights, calibrate, complete, exchange, kish, unsettled


def numbers(seed, rows, columns):
    return np.random.default_rng(seed).standard_normal((rows, columns))


def rare_level(seed, num_rows=500, share=0.06):
    """Scores of a constant and of a rare level, all of whose first rows have one response."""
    generator = np.random.default_rng(seed)
    rare = np.arange(num_rows) < share * num_rows
    chance = np.where(rare, 0.9, 0.3)
    y = generator.random(num_rows) < chance
    y[:3] = True  # and so have the few that are chosen in the test
    residual = y - chance
    return np.column_stack([residual, residual * rare]), rare, y


def test_the_scores_of_rows_that_are_chosen_sum_to_almost_0():
    scores = numbers(0, 1000, 8)
    none = np.empty((1000, 0))
    chosen = exchange(scores, none, 50, generator=np.random.default_rng(1))
    assert len(np.unique(chosen)) == 50
    assert (np.diff(chosen) > 0).all()
    assert np.linalg.norm(scores[chosen].sum(0)) < 0.1 * (50 * 8) ** 0.5


def test_rows_that_inform_alike_are_chosen_where_scores_allow():
    scores, more = numbers(0, 1000, 3), numbers(1, 1000, 5)
    ways = [
        exchange(scores, kept, 50, generator=np.random.default_rng(1))
        for kept in (more, more[:, :0])
    ]
    with_it, without = (np.linalg.norm(more[chosen].sum(0)) for chosen in ways)
    assert with_it < without / 2


def test_rounding_does_not_decide_which_rows_are_chosen():
    scores = np.random.default_rng(2).integers(-2, 3, (400, 3)).astype(float)
    other = scores @ np.linalg.qr(numbers(3, 3, 3))[0]  # the same lengths, but for rounding
    none = np.empty((400, 0))
    one, two = (exchange(s, none, 30, generator=np.random.default_rng(4)) for s in (scores, other))
    np.testing.assert_array_equal(one, two)


def test_all_rows_can_be_chosen():
    chosen = exchange(numbers(0, 20, 2), np.empty((20, 0)), 20, generator=np.random.default_rng(0))
    np.testing.assert_array_equal(chosen, np.arange(20))


@pytest.mark.parametrize("seed", range(5))
def test_a_row_that_stands_against_the_others_comes_in_where_it_must(seed):
    scores, rare, y = rare_level(seed)
    common = np.nonzero(~rare)[0][:57]
    chosen = np.concatenate([[0, 1, 2], common])
    with pytest.raises(NoWeights):
        calibrate(scores[chosen])
    found, weights = complete(scores, chosen, most=6)
    assert len(np.unique(found)) == len(found) == 60
    assert 1 <= len(np.setdiff1d(found, chosen)) <= 6
    assert (rare[found] & ~y[found]).any()
    assert np.abs(weights @ scores[found] / 60).max() < 1e-10
    assert kish(weights) > 30


def test_rows_that_do_are_left_as_they_are():
    scores = numbers(5, 300, 4)
    found, weights = complete(scores, np.arange(60)[::-1], most=6)
    np.testing.assert_array_equal(found, np.arange(60))
    np.testing.assert_array_equal(weights, calibrate(scores[:60]))


def test_what_no_row_stands_against_is_refused():
    with pytest.raises(NoWeights):
        complete(np.abs(numbers(6, 100, 2)) + 0.1, np.arange(20), most=5)


def test_equations_that_follow_from_others_are_left_to_these():
    required = numbers(7, 500, 3)
    extra = np.column_stack([required @ [0.6, 0.0, 0.8] + 1e-4 * numbers(8, 500, 1)[:, 0]])
    assert unsettled(extra, required).shape == (1, 0)
    extra = np.column_stack([extra, numbers(9, 500, 1)])
    kept = unsettled(extra, required)
    assert kept.shape == (2, 1)
    np.testing.assert_allclose(np.abs(kept[:, 0]), [0, 1], atol=0.01)
    np.testing.assert_array_equal(unsettled(extra, required[:, :0]), np.eye(2))
