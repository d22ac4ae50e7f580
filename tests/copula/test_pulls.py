"""Products with a precision, kept up while columns are drawn, against the products themselves."""

import numpy as np
import pytest

from ddlib.copula.pulls import pulls


@pytest.mark.parametrize("d", [5, 130])
def test_they_are_of_what_was_drawn_just_before(d: int) -> None:
    generator = np.random.default_rng(d)
    deviations = np.asfortranarray(generator.normal(size=(50, d)))
    root = generator.normal(size=(d, d))
    precision = root @ root.T
    columns = [j for j in range(d) if j % 3]
    products = pulls(deviations, precision, columns)
    for place, j in enumerate(columns):
        np.testing.assert_allclose(products.of(place), deviations @ precision[j], atol=1e-10)
        rows = slice(None) if j % 2 else generator.permutation(50)[:7]
        change = generator.normal(size=50 if j % 2 else 7)
        products.moved(place, rows, change)
        deviations[:, j][rows] += change
