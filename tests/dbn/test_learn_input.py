"""What learning refuses."""

import pytest
import torch

from ddlib.dbn import SufficientStatistics, fit_weights, learn_dbn


def sample(network, n, num_slices):
    return network.sample(n, num_slices, generator=torch.Generator().manual_seed(0))


def test_bad_data_are_refused(make_network):
    good = sample(make_network(3, seed=0), 6, 3)

    def changed(index, value):
        rows = good.clone()
        rows[index] = value
        return rows

    holed = changed((2, 1, 0), torch.nan)
    cases = {
        "data: 0 rows; must be at least 2": good[:0],
        "data: 1 rows; must be at least 2": good[:1],
        "data: 1 rows; must be at least 2$": SufficientStatistics.from_trajectories(good[:1]),
        "data: variable 0 in slice 1 of row 2 is NaN; must hide no entry, and fit_em": holed,
        "data: variable 0 in slice 1 is NaN; must hide no entry, and fit_em": (
            SufficientStatistics.from_trajectories(holed)
        ),
        "variable 2 in slice 0 of row 5 is infinite; must be finite": changed((5, 0, 2), torch.inf),
        "data: variable 1 is constant in slice 0; must vary": changed((slice(None), 0, 1), 1e8 / 3),
        "data: variable 2 is constant over slices 1 to 2; must vary": changed(
            (slice(None), slice(1, 3), 2), 0.1
        ),
        r"trajectories: shape \(6, 3\); must be \(rows, slices, variables\)": good[:, 0],
    }
    for message, data in cases.items():
        with pytest.raises(ValueError, match=message):
            learn_dbn(data)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"effective_size": 0.5}, "effective_size = 0.5: must be finite and at least 1"),
        ({"effective_size": float("nan")}, "effective_size = nan: must be finite and at least 1"),
        ({"ridge": -1.0}, "ridge = -1.0: must be finite and at least 0"),
        ({"max_parents": -1}, "max_parents = -1: must be a whole number, at least 0"),
        (
            {"structure": (torch.eye(2), torch.eye(2))},
            r"structure: shapes \[\(2, 2\), \(2, 2\)\]; must be \(3, 3\) and \(6, 3\)",
        ),
    ],
)
def test_bad_arguments_are_refused(make_network, arguments, message):
    with pytest.raises(ValueError, match=message):
        learn_dbn(sample(make_network(3, seed=0), 6, 2), **arguments)


def test_fit_weights_refuses_shapes_that_do_not_fit():
    message = r"shapes \(2,\), \(3, 3\), \(3, 3\); must be \(d,\), \(d, d\), \(d, m <= d\)"
    with pytest.raises(ValueError, match=f"mean, covariance, structure: {message}"):
        fit_weights(torch.zeros(2), torch.eye(3), torch.zeros(3, 3))
