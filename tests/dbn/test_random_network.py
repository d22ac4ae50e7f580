import pytest
import torch

from ddlib.dbn import LinearGaussianDBN


@pytest.mark.parametrize("p", [1, 2, 6, 12])
def test_random_networks_are_stable_and_standardised(p):
    network = LinearGaussianDBN.random(p, generator=torch.Generator().manual_seed(p))
    transition = network.lagged @ network.transition.reduced_form()
    assert torch.linalg.eigvals(transition).abs().max() <= 0.9 + 1e-9
    mean, covariance = network.moments(100)
    variances = covariance.diagonal().reshape(100, p)
    assert torch.equal(mean, torch.zeros(100 * p, dtype=torch.float64))
    torch.testing.assert_close(variances[0], torch.ones(p, dtype=torch.float64))
    torch.testing.assert_close(variances[-1], torch.ones(p, dtype=torch.float64))


def test_random_networks_come_in_any_order():
    generator = torch.Generator().manual_seed(0)
    arcs = [
        LinearGaussianDBN.random(3, generator=generator, edge_probability=1.0).initial.structure
        for _ in range(50)
    ]
    assert len({tuple(matrix.flatten().tolist()) for matrix in arcs}) == 6  # 3! orders


def test_random_weights_have_either_sign_and_every_variable_a_past():
    generator = torch.Generator().manual_seed(0)
    lone = LinearGaussianDBN.random(8, generator=generator, edge_probability=0.0)
    assert not lone.transition.structure.any()
    assert torch.equal(lone.lagged != 0, torch.eye(8, dtype=torch.bool))
    assert set(lone.lagged.diagonal().sign().tolist()) == {-1.0, 1.0}
