import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn import SufficientStatistics
from ddlib.dbn.available import SMALLEST_SIGNAL, available_moments, pairwise_moments, perturbed
from tests.shared.examples import examples

seeds = st.integers(0, 10**6)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def draw_rows(shape, seed, offset=0.0):
    """Rows whose columns are correlated, and hidden below a fixed start of the table."""
    flat = torch.randn(shape[0], shape[1] * shape[2], generator=seeded(seed), dtype=torch.float64)
    mixing = torch.randn(flat.shape[1], flat.shape[1], generator=seeded(seed), dtype=torch.float64)
    return (flat @ mixing + offset).view(shape)


def hidden_after(rows, hide, start, share, seed):
    return torch.cat([rows[:start], hide(rows[start:], share, seed)])


def statistics_of(rows):
    return SufficientStatistics.from_trajectories(rows)


@examples(25)
@given(seed=seeds, share=st.floats(0, 0.8), offset=st.sampled_from([0.0, 1e6]))
def test_each_pair_has_the_moments_of_the_rows_that_see_both(hide, seed, share, offset):
    """Pandas, pair by pair: it centres by the pair's rows, we by all that see the entry."""
    rows = hidden_after(draw_rows((30, 2, 2), seed, offset), hide, 3, share, seed)
    table = pd.DataFrame(rows.flatten(1).numpy())
    mean, covariance = pairwise_moments(statistics_of(rows))
    np.testing.assert_allclose(mean, table.mean(), rtol=1e-12, atol=1e-12)
    for i in table:
        assert covariance[i, i].item() == pytest.approx(table[i].var(ddof=0), rel=1e-6)
        for j in table:
            if i == j:
                continue
            pair = table[[i, j]].dropna()
            apart = (pair.mean() - table[[i, j]].mean()).prod()
            expected = pair.cov(ddof=0).iloc[0, 1] + apart
            assert covariance[i, j].item() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_pair_never_seen_together_is_unknown_and_then_zero():
    rows = draw_rows((40, 1, 3), 0)
    rows[:20, 0, 0], rows[20:, 0, 1] = torch.nan, torch.nan
    unknown = pairwise_moments(statistics_of(rows))[1].isnan()
    assert unknown.nonzero().tolist() == [[0, 1], [1, 0]]
    # With one pair at zero these correlations are a covariance matrix, and nothing is lifted.
    rows[:, :, 2] = torch.randn(40, 1, generator=seeded(5), dtype=torch.float64)
    _, covariance = available_moments(statistics_of(rows))
    assert covariance[0, 1] == pytest.approx(0.0, abs=1e-12)
    assert abs(covariance[0, 2]) > 1e-3


@examples(25)
@given(
    seed=seeds,
    n=st.integers(3, 30),
    share=st.floats(0, 0.9),
    noise_std=st.sampled_from([0.0, 0.3, 5.0]),
)
def test_the_covariance_is_always_positive_definite(hide, seed, n, share, noise_std):
    rows = hidden_after(draw_rows((n, 2, 3), seed), hide, 2, share, seed)
    statistics = statistics_of(rows)
    mean, covariance = available_moments(statistics, noise_std=noise_std)
    scale = covariance.diagonal().sqrt()
    correlation = covariance / torch.outer(scale, scale)
    assert mean.isfinite().all()
    assert torch.linalg.eigvalsh(correlation).min() > 1e-6
    assert torch.equal(covariance, covariance.T) or torch.allclose(covariance, covariance.T)
    # Lifting changes correlations; variances are those measured less the noise, or a share.
    measured = pairwise_moments(statistics)[1].diagonal()
    signal = (measured - noise_std**2).clamp(min=SMALLEST_SIGNAL * measured)
    torch.testing.assert_close(covariance.diagonal(), signal, rtol=1e-9, atol=1e-12)


def test_complete_rows_give_the_sample_moments():
    rows = draw_rows((50, 2, 2), 3)
    mean, covariance = available_moments(statistics_of(rows))
    flat = rows.flatten(1).numpy()
    np.testing.assert_allclose(mean, flat.mean(0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(flat.T, bias=True), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("each", [False, True])
def test_noise_comes_off_the_variances_and_leaves_the_covariances(each):
    rows = draw_rows((200, 2, 2), 4)
    noise_std = torch.tensor([0.1, 0.4]).double() if each else torch.tensor(0.3).double()
    expected = np.cov(rows.flatten(1).T.numpy(), bias=True)
    expected -= np.diag(np.tile(np.broadcast_to(noise_std.numpy() ** 2, 2), 2))
    assert np.linalg.eigvalsh(expected).min() > 0.01  # or it would have to be lifted
    _, covariance = available_moments(statistics_of(rows), noise_std=noise_std)
    np.testing.assert_allclose(covariance, expected, rtol=1e-10, atol=1e-12)


def test_perturbed_moments_are_those_of_twice_as_many_rows_as_columns():
    """2d C is Wishart with 2d − 1 degrees of freedom; its mean is (2d − 1)Σ."""
    _, covariance = available_moments(statistics_of(draw_rows((50, 1, 3), 1)))
    mean, generator, n = torch.tensor([1.0, 2.0, 3.0]).double(), seeded(0), 3000
    draws = [perturbed(mean, covariance, generator) for _ in range(n)]
    means, covariances = (torch.stack(values) for values in zip(*draws, strict=True))
    variance = covariance.diagonal()
    assert ((means.mean(0) - mean).abs() < 4 * (variance / 6 / n).sqrt()).all()
    spread = (torch.outer(variance, variance) + covariance**2) * 5 / 36 / n
    assert ((covariances.mean(0) - covariance * 5 / 6).abs() < 4 * spread.sqrt()).all()


def test_bad_input_is_refused():
    rows = draw_rows((10, 2, 2), 0)
    blind, constant = rows.clone(), rows.clone()
    blind[:, 1, 0], constant[:, 0, 1] = torch.nan, 3.0
    lone = rows.clone()
    lone[1:, 1, 1] = torch.nan  # one value does not vary
    calls = {
        "sources: variable 0 in slice 1 is seen by no row; must be seen": (blind, 0.0),
        "sources: variable 1 in slice 0 does not vary in the rows that see it; must vary": (
            constant,
            0.0,
        ),
        "sources: variable 1 in slice 1 does not vary in the rows that see it": (lone, 0.0),
        "noise_std = -0.1: must be finite and at least 0": (rows, -0.1),
        "noise_std = nan: must be finite and at least 0": (rows, float("nan")),
    }
    for message, (data, noise_std) in calls.items():
        with pytest.raises(ValueError, match=message):
            available_moments(statistics_of(data), noise_std=noise_std)
