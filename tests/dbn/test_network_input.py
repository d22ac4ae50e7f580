"""What a network refuses."""

import pytest
import torch

from ddlib.dbn import LinearGaussianCPDs, LinearGaussianDBN


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": [0.0, torch.nan]}, r"bias = \[0.0, nan\]: must be finite"),
        ({"weights": torch.zeros(2, 3)}, r"weights: shape \(2, 3\); must be \(2, 2\)"),
        ({"weights": 1 - torch.eye(2)}, "weights: their arcs close a cycle; must be acyclic"),
        ({"weights": torch.eye(2)}, "weights: their arcs close a cycle; must be acyclic"),
        ({"variances": [1.0, 0.0]}, r"variances = \[1.0, 0.0\]: must be above 0"),
    ],
)
def test_bad_parameters_are_refused(change, message):
    good = {"bias": torch.zeros(2), "weights": torch.zeros(2, 2), "variances": torch.ones(2)}
    LinearGaussianCPDs(**good)
    with pytest.raises(ValueError, match=message):
        LinearGaussianCPDs(**good | change)


def test_bad_arguments_are_refused(make_network):
    network, generator = make_network(2, seed=0), torch.Generator()
    rows = torch.zeros(3, 2, 2)
    calls = {
        r"lagged: shape \(2,\); must be \(2, 2\)": lambda: LinearGaussianDBN(
            network.initial, network.transition, torch.zeros(2)
        ),
        "num_slices = 0: must be a whole number, at least 1": lambda: network.moments(0),
        "num_trajectories = -1: must be a whole number, at least 0": lambda: network.sample(
            -1, 1, generator=generator
        ),
        "trajectories: 3 variables; must be 2": lambda: network.log_likelihood(
            torch.zeros(1, 1, 3)
        ),
        r"trajectories: shape \(3, 2\); must be \(rows, slices, variables\)": lambda: (
            network.log_likelihood(torch.zeros(3, 2))
        ),
        "variable 1 in slice 0 of row 2 is infinite; must be finite or NaN": lambda: (
            network.log_likelihood(
                rows.index_put(
                    (torch.tensor(2), torch.tensor(0), torch.tensor(1)), torch.tensor(1e999)
                )
            )
        ),
        "noise_std = -1.0: must be finite and at least 0": lambda: network.log_likelihood(
            rows, noise_std=-1.0
        ),
        r"noise_std: shape \(3,\); must be \(2,\)": lambda: network.log_likelihood(
            rows, noise_std=torch.ones(3)
        ),
        "num_variables = 0: must be a whole number, at least 1": lambda: LinearGaussianDBN.random(
            0, generator=generator
        ),
        r"edge_probability = 1.5: must be in \[0, 1\]": lambda: LinearGaussianDBN.random(
            2, generator=generator, edge_probability=1.5
        ),
        r"weight_range = \(0.9, 0.4\): must be two finite numbers, 0 < low <= high": lambda: (
            LinearGaussianDBN.random(2, generator=generator, weight_range=(0.9, 0.4))
        ),
        r"max_spectral_radius = 1.0: must be in \[0, 1\)": lambda: LinearGaussianDBN.random(
            2, generator=generator, max_spectral_radius=1.0
        ),
    }
    for message, call in calls.items():
        with pytest.raises(ValueError, match=message):
            call()


def test_a_batch_has_no_density_of_rows(make_network):
    network = make_network(2, seed=0)

    def pair(cpds):
        fields = (cpds.bias, cpds.weights, cpds.variances)
        return LinearGaussianCPDs(*(torch.stack([field, field]) for field in fields))

    lagged = torch.stack([network.lagged, network.lagged])
    batch = LinearGaussianDBN(pair(network.initial), pair(network.transition), lagged)
    with pytest.raises(ValueError, match=r"lagged: shape \(2, 2, 2\); must be of one network"):
        batch.log_likelihood(torch.zeros(3, 2, 2))
