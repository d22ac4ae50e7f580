"""OpenDP's noise: its scale, its law, and what it costs."""

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from ddlib.sites.noise import noise_scale, opendp_noise

# A test on random noise fails by chance less often than once in 10⁹ runs.
CHANCE = 1e-9


@pytest.mark.parametrize("sensitivity", [1.0, 3**0.5, 1e5])
@pytest.mark.parametrize("rho", [1e-3, 0.1, 2.0])
def test_the_scale_is_that_of_the_gaussian_mechanism(sensitivity, rho):
    # Bun and Steinke (2016), proposition 1.6: ρ = Δ² / 2σ².
    scale = noise_scale(sensitivity, rho)
    assert sensitivity**2 / (2 * scale**2) == pytest.approx(rho, rel=1e-12)
    assert sensitivity**2 / (2 * scale**2) <= rho * (1 + 1e-15)


def test_noise_has_the_law_of_its_scale():
    sums = np.arange(4000, dtype=np.int64) * 10**6
    scale = noise_scale(1000.0, 0.5)
    noise = opendp_noise(sums, 1000.0, 0.5) - sums
    low, high = chi2(len(noise)).ppf([CHANCE / 2, 1 - CHANCE / 2])
    assert low <= np.square(noise / scale).sum() <= high
    # Steps of 1/1000 of σ move no distribution function by more than 2.5e-4.
    assert kstest(noise / scale, "norm").pvalue > CHANCE


def test_noise_is_another_one_each_time_and_for_each_sum():
    sums = np.zeros(50, dtype=np.int64)
    first, second = (opendp_noise(sums, 1e6, 0.5) for _ in range(2))
    assert len({*first.tolist(), *second.tolist()}) > 90
