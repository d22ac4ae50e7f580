"""What EM takes, what it refuses, and what it must not depend on."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn import SufficientStatistics, fit_em
from tests.shared.examples import examples


def sample(network, n, num_slices, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rows = network.sample(n, num_slices, generator=generator)
    return rows + 0.3 * torch.randn(rows.shape, generator=generator, dtype=torch.float64)


@examples(6)
@given(seed=st.integers(0, 10**6), order=st.permutations(range(3)), parts=st.integers(1, 6))
def test_splits_statistics_and_labels_do_not_matter(make_network, hide, seed, order, parts):
    network = make_network(3, seed)
    rows = sample(network, 60, 2, seed)
    rows = torch.cat([rows[:5], hide(rows[5:], 0.3, seed)])
    first, transition = network.structure
    both = [*order, *(3 + i for i in order)]
    permuted = first[order][:, order], transition[both][:, order]

    def score(sources, structure):
        fit = fit_em(sources, noise_std=0.3, structure=structure, max_iterations=25)
        return fit.log_likelihood[-1]

    expected = pytest.approx(score([rows], network.structure), rel=1e-9, abs=1e-9)
    statistics = SufficientStatistics.from_trajectories(rows)
    assert score(statistics, network.structure) == expected
    assert score(rows.tensor_split(parts), network.structure) == expected
    assert score([rows[:, :, order]], permuted) == expected


def test_units_do_not_matter(make_network, hide):
    """Scaled and shifted variables: the density changes by the scales of the entries seen."""
    network = make_network(3, 4)
    rows = hide(sample(network, 60, 2), 0.2, 0)
    scale, shift = torch.tensor([10.0, 0.1, 3.0]).double(), torch.tensor([5.0, -1.0, 100.0])
    fits = [
        fit_em([data], noise_std=0.0, structure=network.structure, tolerance=1e-9)
        for data in (rows, rows * scale + shift)
    ]
    jacobian = ((~rows.isnan()) * scale.log()).sum() / len(rows)
    expected = fits[0].log_likelihood[-1] - jacobian.item()
    assert fits[1].log_likelihood[-1] == pytest.approx(expected, abs=1e-6)


def test_a_single_slice_is_fitted(make_network, hide):
    rows = hide(sample(make_network(3, 0), 80, 1), 0.3, 0)
    fit = fit_em([rows], noise_std=0.3)
    assert fit.converged
    assert not fit.network.lagged.any()
    value = fit.network.log_likelihood(rows, noise_std=0.3).mean().item()
    assert fit.log_likelihood[-1] == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize("known", [True, False])
def test_fewer_rows_than_columns_are_enough_with_a_ridge(make_network, known):
    network = make_network(4, 0)
    rows = sample(network, 6, 2)
    rows[3:, :, 0] = torch.nan
    structure = network.structure if known else None
    fit = fit_em([rows], noise_std=0.3, ridge=2.0, structure=structure)
    assert all(value > 0 for value in fit.network.moments(2)[1].diagonal())
    assert fit.network.log_likelihood(rows, noise_std=0.3).isfinite().all()


def test_each_variable_may_have_its_own_noise(make_network, hide):
    network = make_network(3, 1)
    rows = hide(sample(network, 60, 2), 0.2, 0)
    noise_std = torch.tensor([0.1, 0.3, 0.5], dtype=torch.float64)
    fit = fit_em([rows], noise_std=noise_std, structure=network.structure)
    value = fit.network.log_likelihood(rows, noise_std=noise_std).mean().item()
    assert fit.log_likelihood[-1] == pytest.approx(value, rel=1e-10)
    assert torch.equal(fit.noise_std, noise_std)
    equal = [
        fit_em([rows], noise_std=std, structure=network.structure).log_likelihood
        for std in (0.3, torch.full((3,), 0.3, dtype=torch.float64))
    ]
    assert equal[0] == pytest.approx(equal[1], rel=1e-12)


def test_a_fit_says_how_it_went(make_network):
    rows = sample(make_network(2, 0), 30, 2)
    fit = fit_em([rows], noise_std=0.3)
    count, value = len(fit.score) - 1, fit.log_likelihood[-1]  # the first is the start's
    assert str(fit) == (
        f"EM converged after {count} iterations, at {value:.4f} nats per row, the best of 2 climbs"
    )
    stopped = fit_em([rows], noise_std=0.3, max_iterations=1)
    assert not stopped.converged
    assert "EM stopped before it converged after 1 iterations" in str(stopped)


def changed(rows, index, value):
    rows = rows.clone()
    rows[index] = value
    return rows


everywhere = (slice(None), 0, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noise_std": -0.1}, "noise_std = -0.1: must be finite and at least 0"),
        ({"noise_std": float("nan")}, "noise_std = nan: must be finite and at least 0"),
        ({"noise_std": float("inf")}, "noise_std = inf: must be finite and at least 0"),
        ({"noise_std": torch.ones(3)}, r"noise_std: shape \(3,\); must be \(2,\)"),
        (
            {"noise_std": torch.tensor([0.1, -0.1])},
            r"noise_std = tensor\(\[ 0.1000, -0.1000\]\): must be finite and at least 0",
        ),
        ({"ridge": -1.0}, "ridge = -1.0: must be finite and at least 0 pseudo-rows"),
        ({"ridge": float("inf")}, "ridge = inf: must be finite"),
        ({"ridge": float("nan")}, "ridge = nan: must be finite"),
        ({"noise_std": "x"}, "noise_std = 'x': must be finite and at least 0"),
        ({"num_starts": 0}, "num_starts = 0: must be a whole number, at least 1"),
        (
            {"max_iterations": 1.5, "tolerance": 0.0, "ridge": "x"},
            "max_iterations = 1.5: must be a whole number, at least 1; tolerance = 0.0: must be "
            "above 0 nats per row; ridge = 'x': must be finite and at least 0 pseudo-rows",
        ),
        ({"num_starts": 2}, "generator = None: must be given for num_starts = 2, which is above 1"),
        (
            {"structure": (torch.eye(2), torch.eye(2))},
            r"structure: shapes \[\(2, 2\), \(2, 2\)\]; must be \(2, 2\) and \(4, 2\)",
        ),
    ],
)
def test_bad_arguments_are_refused(make_network, change, message):
    rows = sample(make_network(2, 0), 20, 2)
    with pytest.raises(ValueError, match=message):
        fit_em([rows], **({"noise_std": 0.1} | change))


def test_bad_sources_are_refused(make_network):
    rows = sample(make_network(2, 0), 20, 2)
    cases = {
        "variable 1 in slice 0 is seen by no row": [changed(rows, everywhere, torch.nan)],
        "variable 1 in slice 0 does not vary": [changed(rows, everywhere, 2.0)],
        "sources: 4 rows; must be more than 4, the regressors of a node, or the ridge above 0": [
            rows[:4]
        ],
        r"sources\[1\]: 1 slices and 2 variables; must be 2 and 2": [rows, rows[:, :1]],
        r"sources\[0\]: column 'x1' is infinite in row 3": [changed(rows, (3, 0, 1), torch.inf)],
        r"sources\[0\]: shape \(20, 2\); must be": [rows[:, 0]],
        "sources: none given": [],
        r"sources\[1\]: 1 row; must be at least 2": [rows, rows[:1]],
    }
    for message, sources in cases.items():
        with pytest.raises(ValueError, match=message):
            fit_em(sources, noise_std=0.1)


def test_a_variable_that_varies_by_rounding_alone_is_refused(make_network):
    """The mean of sixty times 0.1 is not 0.1: its variance is 1e-34, not 0."""
    rows = changed(sample(make_network(2, 0), 60, 2), everywhere, 0.1)
    assert rows[:, 0, 1].var() > 0
    with pytest.raises(ValueError, match="variable 1 in slice 0 does not vary"):
        fit_em([rows], noise_std=0.1)


def test_a_copied_column_is_no_error(make_network):
    """As in `learn_dbn`: a variance is at least a floor, and the objective is near its maximum."""
    rows = sample(make_network(3, 0), 60, 2)
    fit = fit_em([torch.cat([rows, rows[:, :, :1]], dim=2)], noise_std=0.0)
    assert all(value.isfinite().all() for value in fit.network.moments(2))
