"""Steps of EM end where they would end by themselves, and sooner."""

import numpy as np
import pytest

from ddlib.sites.fixed_point import Gaussian, fixed_point

STD = np.array([1.0, 10.0])
TARGET = Gaussian(np.array([3.0, -20.0]), np.array([[2.0, 5.0], [5.0, 300.0]]))
START = Gaussian(np.zeros(2), np.diag([1.0, 100.0]))


def towards(target, rates):
    """A step that leaves a share of the way to a law, in the mean and in the covariance."""
    count = 0

    def step(law):
        nonlocal count
        count += 1
        mean = target.mean + rates[0] * (law.mean - target.mean)
        return Gaussian(mean, target.covariance + rates[1] * (law.covariance - target.covariance))

    return step, lambda: count


@pytest.mark.parametrize("rates", [(0.5, 0.5), (0.999, 0.999), (0.99, 0.9), (0.2, 0.9995)])
def test_it_ends_at_the_law_that_a_step_leaves_as_it_is(rates):
    step, count = towards(TARGET, rates)
    found = fixed_point(step, START, STD)
    np.testing.assert_allclose(found.mean, TARGET.mean, rtol=1e-5)
    np.testing.assert_allclose(found.covariance, TARGET.covariance, rtol=1e-5)
    alone = np.log(1e-9) / np.log(max(rates))  # steps that end as near without extrapolation
    assert count() < max(alone, 20)


def test_an_extrapolation_that_is_no_law_is_not_taken():
    # Far from the end the steps are large: where they go is beyond any covariance.
    singular = Gaussian(TARGET.mean, np.array([[2.0, 24.49], [24.49, 300.0]]))
    rates = (0.9, 0.97)
    step, _ = towards(singular, rates)

    def bent(law):
        assert np.linalg.eigvalsh(law.covariance)[0] > 0
        return step(law)

    found = fixed_point(bent, START, STD)
    np.testing.assert_allclose(found.covariance, singular.covariance, rtol=1e-5)


def test_steps_without_end_are_an_error():
    with pytest.raises(ArithmeticError, match=r"EM changes by 6.0e\+00 after 15000 steps"):
        fixed_point(lambda law: Gaussian(-law.mean, law.covariance), TARGET, STD)
