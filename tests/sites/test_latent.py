"""Latent correlations from moments of features are those that the rows were drawn with."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from ddlib.sites import Quantiles, Scale, features_of
from ddlib.sites.em import Gaussian
from ddlib.sites.latent import latent_of
from ddlib.tables import Column

ALL = np.ones((2, 2), dtype=bool)
BINARY = Column("y", "binary", (0, 1))
STAGE = Column("x", "ordered", (0, 1, 2))
AGE = Column("x", "number", (), 0.0, 1.0, None)
NORMAL = Quantiles(np.linspace(0, 1, 3), np.array([0.0, 1.0]), np.array([1.0, 2.0]))


def orthant(first: float, second: float, rho: float) -> float:
    """P(X > first, Y > second) of a bivariate normal law."""
    law = stats.multivariate_normal(cov=[[1, rho], [rho, 1]])
    return float(law.cdf([-first, -second]))


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.5, 0.8])
@pytest.mark.parametrize(("low", "high", "cut"), [(-0.5, 0.7, 0.2), (0.1, 1.5, -1.2)])
def test_levels_have_the_polychoric_correlation(rho, low, high, cut) -> None:
    shares = stats.norm.sf([low, high, cut])
    moments = np.outer(shares, shares)
    moments[0, 1] = moments[1, 0] = shares[1]
    np.fill_diagonal(moments, shares)
    for k, own in enumerate((low, high)):
        moments[k, 2] = moments[2, k] = orthant(own, cut, rho)
    law = Gaussian(shares, moments - np.outer(shares, shares))
    scale = Scale.of((STAGE, BINARY), (None, None))
    found = latent_of(law, scale, ALL)
    assert found.correlation[0, 1] == pytest.approx(rho, abs=2e-3)
    codes = found.codes(ndtri((np.arange(20_000)[:, None] + [0.5, 0.5]) / 20_000))
    np.testing.assert_allclose((codes[:, 0] >= 1).mean(), shares[0], atol=1e-3)
    np.testing.assert_allclose((codes[:, 0] >= 2).mean(), shares[1], atol=1e-3)
    np.testing.assert_allclose(codes[:, 1].mean(), shares[2], atol=1e-3)


@pytest.mark.parametrize("rho", [-0.7, 0.2, 0.95])
def test_a_number_beside_levels_has_the_polyserial_correlation(rho: float) -> None:
    std, cut = 1.3, 0.6
    covariance = std * rho * stats.norm.pdf(cut)
    share = stats.norm.sf(cut)
    law = Gaussian(
        np.array([0.4, share]),
        np.array([[std**2, covariance], [covariance, share * (1 - share)]]),
    )
    found = latent_of(law, Scale.of((AGE, BINARY), (NORMAL, None)), ALL)
    assert found.correlation[0, 1] == pytest.approx(rho, abs=1e-6)
    assert found.margins[0].shift == pytest.approx(0.4)
    assert found.margins[0].scale == pytest.approx(std)


def test_all_kinds_of_columns_of_many_rows() -> None:
    drawn, count = np.random.default_rng(0), 200_000
    root = drawn.normal(size=(6, 14))
    correlation = np.corrcoef(root)
    correlation[4, 5] = correlation[5, 4] = 0.0  # utilities are taken as independent
    z = drawn.normal(size=(count, 6)) @ np.linalg.cholesky(correlation).T
    ward = np.column_stack([np.zeros(count), z[:, 4] + 0.3, z[:, 5] - 0.2]).argmax(1)
    codes = np.column_stack(
        [np.exp(z[:, 0]), np.where(z[:, 1] < 0, 0, z[:, 1]), np.digitize(z[:, 2], [-1, 0.3, 1.2]),
         z[:, 3] > 0.8, ward]
    )  # fmt: skip
    columns = (
        Column("a", "number", (), 0.0, 1.0, None),
        Column("b", "number", (), 0.0, 1.0, None),
        Column("c", "ordered", (0, 1, 2, 3)),
        Column("d", "binary", (0, 1)),
        Column("e", "category", ("x", "y", "z")),
    )
    laws = [Quantiles.of(codes[:, j], group=10) if j < 2 else None for j in range(5)]
    scale = Scale.of(columns, laws)
    features = features_of(scale, codes)
    law = Gaussian(features.mean(0), np.cov(features.T))
    found = latent_of(law, scale, np.ones((5, 5), dtype=bool))
    np.testing.assert_allclose(found.correlation, correlation, atol=0.015)
    np.testing.assert_allclose(found.margins[4].shift, [0.3, -0.2], atol=0.015)
    again = found.codes(drawn.normal(size=(count, 6)) @ np.linalg.cholesky(found.correlation).T)
    shares = [np.bincount(each[:, 4].astype(int)) / count for each in (codes, again)]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.01)
    np.testing.assert_allclose((again[:, 1] == 0).mean(), 0.5, atol=0.01)
    np.testing.assert_allclose(np.corrcoef(again[:, 0], again[:, 1])[0, 1],
                               np.corrcoef(codes[:, 0], codes[:, 1])[0, 1], atol=0.02)  # fmt: skip


def test_impossible_correlations_are_made_possible() -> None:
    shares = np.full(3, 0.5)
    covariance = np.array([[0.25, 0.24, 0.24], [0.24, 0.25, -0.24], [0.24, -0.24, 0.25]])
    columns = tuple(Column(name, "binary", (0, 1)) for name in "abc")
    scale = Scale.of(columns, (None,) * 3)
    found = latent_of(Gaussian(shares, covariance), scale, np.ones((3, 3), dtype=bool))
    assert np.linalg.eigvalsh(found.correlation)[0] > 0
    np.testing.assert_allclose(found.correlation.diagonal(), 1)


def test_levels_that_tell_little_shrink_more() -> None:
    share, rows = 0.06, 200
    covariance = 0.5 * stats.norm.pdf(ndtri(1 - share))
    law = Gaussian(
        np.array([0.0, share]), np.array([[1, covariance], [covariance, share * (1 - share)]])
    )
    scale = Scale.of((AGE, BINARY), (NORMAL, None))
    told = stats.norm.pdf(ndtri(share)) ** 2 / (share * (1 - share))
    found = latent_of(law, scale, ALL, rows=rows, prior_rows=10.0)
    wanted = 0.5 * rows * told / (rows * told + 10)
    assert found.correlation[0, 1] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    "shares", [(0.3, 0.3, 0.3), (0.2, 0.5, 0.1), (1.2, 1.1, -0.1), (0.0, 0.0, 0.0)]
)
def test_levels_that_moments_leave_without_rows_still_have_some(shares) -> None:
    # A draw of few rows' moments may have cuts that cross, or lie beyond 0 and 1.
    column = Column("x", "ordered", (0, 1, 2, 3))
    law = Gaussian(np.array([*shares, 0.0]), np.diag([0.2, 0.2, 0.2, 1.0]))
    found = latent_of(law, Scale.of((column, AGE), (None, NORMAL)), ALL)
    assert (np.diff(found.margins[0].edges) > 5e-5).all()
    assert found.correlation == pytest.approx(np.eye(2))
