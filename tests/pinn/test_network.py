"""The jet of a network against nested automatic differentiation, its gradients against numbers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from ddlib.pinn.burgers import BurgersFront
from ddlib.pinn.conduction import NonlinearConduction
from ddlib.pinn.jet import entry_names, jet_of
from ddlib.pinn.network import TanhNetwork
from tests.pinn.manufactured import Plate
from tests.shared.examples import examples

PROBLEMS = [NonlinearConduction(), BurgersFront(), Plate()]
WIDTHS = st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)


def setting(problem, widths, batch=(), num_points=5, seed=0):
    """Return a network, parameters that are all different from zero, and points."""
    generator = torch.Generator().manual_seed(seed)
    network = TanhNetwork(problem, widths)
    theta = network.initial(*batch, generator=generator)
    theta = theta + 0.3 * torch.randn(theta.shape, dtype=theta.dtype, generator=generator)
    alphas = problem.prior.sample(num_points, generator=generator)
    return network, theta, problem.sample_points(alphas, generator=generator)


def plain(network, theta, points):
    """Values of one network, by nothing but the textbook formula."""
    low, high = network.problem.limits()
    state = 2 * (points - low) / (high - low) - 1
    *hidden, last = network.layers(theta)
    for weights, biases in hidden:
        state = torch.tanh(state @ weights + biases)
    return (state @ last[0] + last[1]).squeeze(-1)


@given(st.sampled_from(PROBLEMS), WIDTHS, st.integers(0, 1000))
def test_jets_against_nested_differentiation(problem, widths, seed):
    network, theta, points = setting(problem, widths, batch=(2, 3), seed=seed)
    jet = network.jet(theta, points)
    torch.testing.assert_close(jet.u, network.values(theta, points))
    assert jet.names == entry_names(problem.coordinates)
    for i, j in [(0, 0), (1, 2)]:
        expected = jet_of(
            lambda *columns, one=theta[i, j]: plain(network, one, torch.stack(columns, -1)),
            points,
            problem.coordinates,
        )
        for entry, other in zip(jet.entries, expected.entries, strict=True):
            torch.testing.assert_close(entry[i, j], other, rtol=1e-10, atol=1e-10)


@given(st.sampled_from(PROBLEMS), WIDTHS, st.integers(0, 4), st.integers(0, 1000))
@examples(10)
def test_gradients_in_theta_against_finite_differences(problem, widths, num_jets, seed):
    network, theta, points = setting(problem, widths, batch=(2,), num_points=4, seed=seed)
    lifted = network.lift(points, num_jets)

    def everything(theta):
        values, jet = network.at(theta, lifted)
        return (values, *jet.entries)

    assert gradcheck(everything, theta.requires_grad_(), fast_mode=True)
    assert gradgradcheck(everything, theta, fast_mode=True)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_gradients_in_the_points_against_finite_differences(problem):
    network, theta, points = setting(problem, (4, 3), num_points=3)
    inputs = (theta.requires_grad_(), points.requires_grad_())
    assert gradcheck(lambda *inputs: tuple(network.jet(*inputs).entries), inputs)
    assert gradgradcheck(
        lambda *inputs: tuple(network.jet(*inputs).entries), inputs, fast_mode=True
    )


@pytest.mark.parametrize("problem", PROBLEMS)
def test_both_reverse_passes_agree(problem):
    network, theta, points = setting(problem, (6, 5), batch=(3,))
    theta.requires_grad_()
    outputs = torch.cat(network.jet(theta, points).entries, dim=-1)
    weights = torch.linspace(-1, 2, outputs.shape[-1], dtype=torch.float64)
    by_hand, with_graph = (
        torch.autograd.grad(outputs, theta, weights.expand_as(outputs), True, create_graph=graph)[0]
        for graph in (False, True)
    )
    assert not by_hand.requires_grad
    assert with_graph.requires_grad
    torch.testing.assert_close(by_hand, with_graph.detach(), rtol=1e-12, atol=1e-12)


def test_one_network_at_a_batch_of_points():
    network, theta, points = setting(NonlinearConduction(), (4,), num_points=6)
    batch = points.reshape(2, 3, 2)
    theta.requires_grad_()
    jet, flat = network.jet(theta, batch), network.jet(theta, points)
    torch.testing.assert_close(jet.xx.flatten(), flat.xx)
    gradient, expected = (torch.autograd.grad(j.xx.sum(), theta)[0] for j in (jet, flat))
    torch.testing.assert_close(gradient, expected)


def test_values_come_first_and_jets_are_those_of_the_last_points():
    network, theta, points = setting(BurgersFront(), (4, 4), num_points=7)
    values, jet = network.at(theta, network.lift(points, 3))
    torch.testing.assert_close(values, network.values(theta, points))
    torch.testing.assert_close(jet.t, network.jet(theta, points).t[-3:])
    assert jet.u.shape == (3,)


def test_the_start_is_glorots():
    network = TanhNetwork(BurgersFront(), (400, 200))
    theta = network.initial(2, generator=torch.Generator().manual_seed(0))
    assert theta.shape == (2, network.num_parameters)
    assert network.num_parameters == 4 * 400 + 401 * 200 + 201
    assert theta.dtype == torch.float64
    for (weights, biases), (fan_in, units) in zip(
        network.layers(theta), [(3, 400), (400, 200), (200, 1)], strict=True
    ):
        assert weights.shape == (2, fan_in, units)
        assert weights.std().item() == pytest.approx((2 / (fan_in + units)) ** 0.5, rel=0.1)
        assert (biases == 0).all()
    assert not torch.equal(theta[0], theta[1])


@pytest.mark.parametrize("widths", [(), (0,), (3, -1)])
def test_layers_without_units_are_refused(widths):
    with pytest.raises(ValueError, match=r"widths = .*: must be at least one layer of at least 1"):
        TanhNetwork(BurgersFront(), widths)
