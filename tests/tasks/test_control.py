"""The control case against SciPy's Riccati and Lyapunov solvers, simulation and brute force."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import solve_discrete_are, solve_discrete_lyapunov

from ddlib.tasks.control import QuadraticCost
from ddlib.tasks.systems import LinearSystem, random_system

PLAIN = {"noise_std": 0.1, "radius": 0.5, "generator": None}


def eye(n):
    return torch.eye(n, dtype=torch.float64)


SYSTEM = LinearSystem(eye(2), eye(2), 0.1)
COST, WIDE_COST = (QuadraticCost(eye(2), eye(r), 5) for r in (1, 2))


def random_cost(num_states, num_inputs, horizon, *, generator):
    def definite(n):
        factor = torch.randn(n, 2 * n, dtype=torch.float64, generator=generator)
        return factor @ factor.T / (2 * n) + 0.1 * eye(n)

    return QuadraticCost(definite(num_states), definite(num_inputs), horizon)


def weights_of(system):
    return torch.cat([system.transition, system.inputs], dim=1).T


def least_cost(cost, system):
    """The least cost of any policy over the horizon, by dynamic programming."""
    a, b, q, r = (x.numpy() for x in (system.transition, system.inputs, cost.state, cost.input))
    value, total = np.zeros_like(q), 0.0
    for t in reversed(range(cost.horizon)):
        gain = np.linalg.solve(r + b.T @ value @ b, b.T @ value @ a)
        value = q + a.T @ value @ (a - b @ gain)
        total += np.trace(value) * (system.noise_std**2 if t else 1.0)
    return total / cost.horizon


@pytest.mark.parametrize("radius", [0.0, 0.5, 0.99, 1.2])
@pytest.mark.parametrize(("num_states", "num_inputs"), [(1, 1), (3, 1), (4, 2), (2, 3)])
def test_gain_against_scipy(num_states, num_inputs, radius, generator):
    for _ in range(3):
        system = random_system(
            num_states, num_inputs, noise_std=0.1, radius=radius, generator=generator
        )
        cost = random_cost(num_states, num_inputs, 1, generator=generator)
        a, b, r = system.transition.numpy(), system.inputs.numpy(), cost.input.numpy()
        p = solve_discrete_are(a, b, cost.state.numpy(), r)
        gain = np.linalg.solve(r + b.T @ p @ b, b.T @ p @ a)
        np.testing.assert_allclose(cost.gain(system), gain, rtol=1e-7, atol=1e-9)


MODELS = [[1.5, 0, 0, 0.5, 0, 1], [3, 3, 1, 1, 0, 0], [0.5, 0, 0, 0.5, 1e10, 1e10]]


@pytest.mark.parametrize("theta", MODELS)
def test_cost_of_a_model_beyond_rounding_is_finite(theta, generator):
    """Two models that no input stabilises, and one with I + GH singular in float64."""
    theta = torch.tensor(theta, dtype=torch.float64).reshape(3, 2).requires_grad_()
    system = random_system(2, 1, noise_std=0.1, radius=0.9, generator=generator)
    value = QuadraticCost(torch.ones_like(theta[:2]), eye(1), 10).cost_of_model(system, theta)
    (gradient,) = torch.autograd.grad(value, theta)
    assert value.isfinite()
    assert gradient.isfinite().all()


def test_gain_does_not_hide_nan():
    system = LinearSystem(torch.full((2, 2), torch.nan, dtype=torch.float64), eye(2), 0.1)
    assert WIDE_COST.gain(system).isnan().all()


@pytest.mark.parametrize("radius", [0.8, 1.2])
def test_closed_loop_against_simulation(radius, generator):
    """An arbitrary gain, so that the loop of radius 1.2 need not be stable."""
    system = random_system(3, 2, noise_std=0.5, radius=radius, generator=generator)
    cost, num = random_cost(3, 2, 8, generator=generator), 50_000
    gain = 0.2 * torch.randn(2, 3, dtype=torch.float64, generator=generator)
    x = torch.randn(num, 3, dtype=torch.float64, generator=generator)
    totals = torch.zeros(num, dtype=torch.float64)
    for _ in range(cost.horizon):
        u = -x @ gain.T
        totals += ((x @ cost.state) * x).sum(1) + ((u @ cost.input) * u).sum(1)
        noise = torch.randn(num, 3, dtype=torch.float64, generator=generator)
        x = x @ system.transition.T + u @ system.inputs.T + system.noise_std * noise
    means = totals / cost.horizon
    error = (means.mean() - cost.closed_loop(system, gain)).abs().item()
    assert error < 4 * means.std().item() / num**0.5


def test_closed_loop_tends_to_the_stationary_cost(generator):
    system = random_system(3, 2, noise_std=0.5, radius=1.2, generator=generator)
    cost = random_cost(3, 2, 20_000, generator=generator)
    gain = cost.gain(system)
    loop = (system.transition - system.inputs @ gain).numpy()
    moment = solve_discrete_lyapunov(loop, system.noise_std**2 * np.eye(3))
    stationary = np.trace((cost.state + gain.T @ cost.input @ gain).numpy() @ moment)
    # The start is forgotten at a rate of 1/H.
    assert cost.closed_loop(system, gain).item() == pytest.approx(stationary, rel=1e-3)


def test_no_gain_beats_the_gain_of_the_true_model(generator):
    system = random_system(3, 2, noise_std=0.5, radius=0.9, generator=generator)
    cost = random_cost(3, 2, 500, generator=generator)
    best = cost.gain(system)
    least = cost.closed_loop(system, best).item()
    assert cost.cost_of_model(system, weights_of(system)).item() == least
    for size in (0.02, 0.1, 0.5):
        for _ in range(5):
            step = torch.randn(2, 3, dtype=torch.float64, generator=generator)
            assert cost.closed_loop(system, best + size * step).item() > least


def test_rows_of_the_network_identify_the_system(generator):
    system = random_system(3, 2, noise_std=0.3, radius=0.9, generator=generator)
    rows = system.network().sample(50_000, 2, generator=generator)
    assert rows.shape == (50_000, 2, 5)
    x, y = rows[:, 0], rows[:, 1, :3]
    theta = torch.linalg.lstsq(x, y).solution
    torch.testing.assert_close(theta, weights_of(system), atol=0.01, rtol=0)
    noise = torch.cov((y - x @ theta).T)
    torch.testing.assert_close(noise, 0.09 * eye(3), atol=0.002, rtol=0)
    inputs = torch.cov(rows[:, :, 3:].flatten(1).T)
    torch.testing.assert_close(inputs, eye(4), atol=0.02, rtol=0)


def test_the_network_starts_with_stationary_variances(generator):
    network = random_system(3, 2, noise_std=0.3, radius=0.6, generator=generator).network()
    # Nothing is left of the first slice by then: 0.6^80 is 2e-18.
    late = network.moments(41)[1].diagonal()[-5:]
    torch.testing.assert_close(network.initial.variances, late, rtol=1e-8, atol=0)


def test_random_system_has_the_radius_and_the_scale_asked_for(generator):
    system = random_system(40, 50, noise_std=0.3, radius=0.7, generator=generator)
    assert torch.linalg.eigvals(system.transition).abs().max().item() == pytest.approx(0.7)
    assert system.inputs.std().item() == pytest.approx(50**-0.5, rel=0.05)


def test_gradient_of_the_cost_of_a_model(generator):
    system = random_system(2, 1, noise_std=0.3, radius=1.1, generator=generator)
    cost = random_cost(2, 1, 6, generator=generator)
    noise = torch.randn(3, 3, dtype=torch.float64, generator=generator)
    theta = torch.nn.functional.pad(weights_of(system), (0, 1)) + 0.1 * noise
    theta.requires_grad_()
    assert torch.autograd.gradcheck(lambda theta: cost.cost_of_model(system, theta), theta)
    (gradient,) = torch.autograd.grad(cost.cost_of_model(system, theta), theta)
    assert (gradient[:, :2] != 0).all()
    assert (gradient[:, 2] == 0).all()


@given(
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 4),
    st.floats(0.0, 3.0),
    st.integers(0, 10**6),
)
def test_cost_is_finite_and_no_better_than_optimal(num_states, num_inputs, rank, scale, seed):
    generator = torch.Generator().manual_seed(seed)
    system = random_system(num_states, num_inputs, noise_std=0.3, radius=1.1, generator=generator)
    cost = random_cost(num_states, num_inputs, 20, generator=generator)
    left = torch.randn(num_states + num_inputs, rank, dtype=torch.float64, generator=generator)
    right = torch.randn(rank, num_states, dtype=torch.float64, generator=generator)
    value = cost.cost_of_model(system, scale * left @ right).item()
    assert np.isfinite(value)
    assert value >= least_cost(cost, system) * (1 - 1e-9) > 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearSystem(eye(2)[:1], eye(2), 0.1), r"transition: shape \(1, 2\); must be"),
        (lambda: LinearSystem(eye(2), eye(3), 0.1), r"inputs: shape \(3, 3\); must be \(2, r\)"),
        (lambda: LinearSystem(eye(2), eye(2), 0.0), "noise_std = 0.0: must be above 0"),
        (lambda: LinearSystem.from_weights(eye(2), 0, 0.1), "num_states = 0: must be"),
        (lambda: LinearSystem.from_weights(eye(2), 2, 0.1), r"theta: shape \(2, 2\); must be"),
        (lambda: LinearSystem.from_weights(eye(3)[:, :1], 2, 0.1), r"theta: shape \(3, 1\); must"),
        (lambda: SYSTEM.network(), "spectral radius 1; must be below"),
        (lambda: QuadraticCost(-eye(2), eye(1), 5), "state: least eigenvalue -1; must be"),
        (lambda: QuadraticCost(eye(2), eye(2).cumsum(0), 5), "input: is not symm"),
        (lambda: QuadraticCost(eye(2), 0 * eye(1), 5), "input: least eigenvalue 0; must be"),
        (lambda: QuadraticCost(eye(2) / 0, eye(1), 5), "state: is not symmetric or not finite"),
        (lambda: QuadraticCost(eye(2), eye(1), 0), "horizon = 0: must be at least 1"),
        (lambda: COST.gain(SYSTEM), r"system: \(2, 2\) .* must have the cost's \(2, 1\)"),
        (lambda: WIDE_COST.closed_loop(SYSTEM, eye(2)[0]), r"gain: shape \(2,\); must be \(2, 2\)"),
        (lambda: random_system(0, 1, **PLAIN), "num_states = 0: must be at least 1"),
        (lambda: random_system(1, 0, **PLAIN), "num_inputs = 0: must be at least 1"),
        (lambda: random_system(1, 1, **PLAIN | {"radius": -1.0}), "radius = -1.0: must be"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("horizon", [1, 2, 15])
def test_no_controller_is_below_the_least_cost_and_its_own_gains_attain_it(horizon, generator):
    """The gains of dynamic programming, run step by step, have exactly this cost."""
    system = random_system(3, 2, noise_std=0.4, radius=0.9, generator=generator)
    cost = QuadraticCost(*(torch.eye(n, dtype=torch.float64) for n in (3, 2)), horizon)
    a, b = system.transition, system.inputs
    p, gains = torch.zeros(3, 3, dtype=torch.float64), []
    for _ in range(horizon):
        gains.append(torch.linalg.solve(cost.input + b.T @ p @ b, b.T @ p @ a))
        p = cost.state + a.T @ p @ (a - b @ gains[-1])
    moment, total = torch.eye(3, dtype=torch.float64), 0.0
    for gain in reversed(gains):
        total += ((cost.state + gain.T @ cost.input @ gain) * moment).sum().item()
        loop = a - b @ gain
        moment = loop @ moment @ loop.T + 0.4**2 * torch.eye(3, dtype=torch.float64)
    least = cost.least(system).item()
    assert least == pytest.approx(total / horizon, rel=1e-10)
    for _ in range(50):
        gain = torch.randn(2, 3, dtype=torch.float64, generator=generator)
        assert cost.closed_loop(system, gain).item() >= least
    assert cost.closed_loop(system, cost.gain(system)).item() >= least


def test_over_a_long_run_the_least_cost_is_that_of_the_stationary_gain(generator):
    system = random_system(2, 1, noise_std=0.5, radius=0.9, generator=generator)
    identity = torch.eye(2, dtype=torch.float64)
    cost = QuadraticCost(identity, identity[:1, :1], 3000)
    stationary = cost.closed_loop(system, cost.gain(system)).item()
    assert cost.least(system).item() == pytest.approx(stationary, rel=1e-2)
