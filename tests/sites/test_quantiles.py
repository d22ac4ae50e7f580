"""Quantile functions that add up over sites, and scores on them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ddlib.sites import Quantiles
from ddlib.sites.quantiles import LARGEST_SCORE
from tests.shared.examples import examples


def law(values, group: int = 10, **arguments) -> Quantiles:
    return Quantiles.of(np.asarray(values, dtype=float), group=group, **arguments)


def test_shares_are_those_of_the_rows() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=5000)
    at = np.quantile(values, np.linspace(0.01, 0.99, 99))
    empirical = (values <= at[:, None]).mean(1)
    np.testing.assert_allclose(law(values).upto(at), empirical, atol=0.005)


def test_scores_of_a_normal_column_are_its_own() -> None:
    values = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    inner = np.abs(values) < 2
    np.testing.assert_allclose(
        law(50 + 7 * values).scores(50 + 7 * values)[inner], values[inner], atol=0.02
    )


def test_a_step_has_the_mean_score_of_its_rows() -> None:
    values = np.concatenate([np.zeros(300), np.linspace(1, 2, 700)])
    ends = stats.norm.ppf([1e-12, 0.3])
    middle = stats.norm.expect(lambda z: z, lb=ends[0], ub=ends[1]) / 0.3
    assert law(values).scores(np.zeros(1))[0] == pytest.approx(middle, rel=1e-6)
    assert law(values).upto(np.zeros(1))[0] == pytest.approx(0.3)
    assert law(values).upto(np.full(1, -0.1))[0] == 0


def test_scores_are_bounded_and_missing_values_stay_missing() -> None:
    scores = law(np.arange(100.0)).scores(np.array([-1e9, 1e9, np.nan]))
    np.testing.assert_array_equal(scores, [-LARGEST_SCORE, LARGEST_SCORE, np.nan])


@examples(30)
@given(st.integers(0, 10_000), st.booleans())
def test_the_mixture_of_two_parts_is_the_law_of_all_rows(seed: int, steps: bool) -> None:
    drawn = np.random.default_rng(seed)
    first, second = drawn.normal(size=400), drawn.normal(1.5, 0.5, size=700)
    if steps:
        first[:120] = second[:200] = 0.25
    mixed = Quantiles.mixed([law(first), law(second)], [400, 700])
    values = np.concatenate([first, second])
    at = np.sort(drawn.choice(values, 50))
    empirical = (values <= at[:, None]).mean(1)
    np.testing.assert_allclose(mixed.upto(at), empirical, atol=0.03)
    again = Quantiles.mixed([law(second), law(first)], [700, 400])
    np.testing.assert_allclose(mixed.upto(at), again.upto(at), atol=1e-12)
    assert len(mixed.low) <= 220
    assert (np.diff(mixed.edges) > 0).all()
    assert (np.diff(mixed.low) >= 0).all()


def test_a_part_alone_stays_as_it_is() -> None:
    own = law(np.random.default_rng(1).normal(size=900), pieces=50)
    mixed = Quantiles.mixed([own], [900], pieces=10_000)
    at = np.linspace(-3, 3, 201)
    np.testing.assert_allclose(mixed.upto(at), own.upto(at), atol=1e-12)


def test_no_value_of_a_row_is_told() -> None:
    values = np.random.default_rng(2).lognormal(size=500)
    own = law(values, group=10)
    assert not {*own.low.tolist(), *own.high.tolist()} & {*values.tolist()}
