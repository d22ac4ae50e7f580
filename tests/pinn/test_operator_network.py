"""The DeepONet: its formula by hand, what it learns, and what it refuses."""

from math import tanh

import pytest
import torch

from ddlib.pinn import BurgersFront, RobinPoisson
from ddlib.pinn.data import rows_at
from ddlib.pinn.operator_network import OperatorNetwork
from tests.pinn.small_tasks import seeded

QUICK = {"widths": (4,), "num_products": 2, "num_adam": 10, "num_lbfgs": 5}
ROBIN, BURGERS = RobinPoisson(), BurgersFront()


def points_of(problem, count, seed=0):
    alphas = problem.prior.sample(count, generator=seeded(seed)).clamp(*problem.limits(2.5)[:, -1])
    return problem.sample_points(alphas, generator=seeded(seed + 1000))


def rows_of(problem, count=12, seed=0):
    return rows_at(problem, points_of(problem, count, seed))


def separable(points):
    """A product of functions of the coordinate and of the parameter, and a constant."""
    return 3 + torch.sin(3 * points[:, 0]) * (1 + points[:, 1] / 3)


# The formula


def by_hand(problem, theta, point, width, num_products):
    """One hidden layer each, by loops: weights by input, then biases, branch before trunk."""
    numbers = iter(theta)

    def layer(inputs, units):
        weights = [[next(numbers) for _ in range(units)] for _ in inputs]
        biases = [next(numbers) for _ in range(units)]
        columns = zip(*weights, strict=True)
        return [
            bias + sum(w * value for w, value in zip(column, inputs, strict=True))
            for column, bias in zip(columns, biases, strict=True)
        ]

    low, high = problem.limits().tolist()
    scaled = [
        -1 + 2 * (value - below) / (above - below)
        for value, below, above in zip(point, low, high, strict=True)
    ]
    ends = []
    for inputs in (scaled[-1:], scaled[:-1]):
        hidden = [tanh(value) for value in layer(inputs, width)]
        ends.append(layer(hidden, num_products))
    products = sum(b * t for b, t in zip(*ends, strict=True))
    value = products + next(numbers)
    assert next(numbers, None) is None  # all are used
    return value


@pytest.mark.parametrize("problem", [ROBIN, BURGERS])
@pytest.mark.parametrize(("width", "num_products"), [(1, 1), (3, 2), (2, 4)])
def test_values_against_the_formula_by_hand(problem, width, num_products):
    network = OperatorNetwork(problem, widths=(width,), num_products=num_products)
    num_ends = 1 + len(problem.coordinates)
    size = num_ends * width + 2 * (width + (width + 1) * num_products) + 1
    theta = torch.randn(size, dtype=torch.float64, generator=seeded())
    points = points_of(problem, 5)
    expected = [
        by_hand(problem, theta.tolist(), point, width, num_products) for point in points.tolist()
    ]
    found = network._values(theta, points)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("num_products", [1, 2])
def test_a_trained_network_is_a_sum_of_so_many_products_and_a_constant(num_products):
    """Its values on a grid are a matrix of that rank, and one more for the constant."""
    settings = QUICK | {"widths": (6, 5), "num_products": num_products}
    model = OperatorNetwork(ROBIN, **settings)(rows_of(ROBIN, 30), generator=seeded())
    grid = ROBIN.grid(torch.linspace(-2, 2, 8, dtype=torch.float64), 9)
    sizes = torch.linalg.svdvals(model(grid).reshape(8, 9))
    assert (sizes[num_products + 1 :] < 1e-12 * sizes[0]).all()
    assert sizes[num_products] > 1e-9 * sizes[0]


# Learning


def test_a_separable_function_is_learnt():
    points, fresh = points_of(ROBIN, 80), points_of(ROBIN, 200, 7)
    rows = torch.cat([points, separable(points)[:, None]], dim=1)
    network = OperatorNetwork(ROBIN, widths=(10,), num_products=2, num_adam=100, num_lbfgs=200)
    found = network(rows, generator=seeded())(fresh)
    assert found.shape == (200,)
    assert found.dtype == torch.float64
    error = (found - separable(fresh)).square().mean().sqrt() / separable(fresh).std()
    assert error.item() < 0.03


def test_a_front_in_space_and_time_is_fitted():
    rows = rows_of(BURGERS, 40)
    network = OperatorNetwork(BURGERS, widths=(10,), num_products=3, num_adam=100, num_lbfgs=100)
    found = network(rows, generator=seeded())(rows[:, :-1])
    assert ((found - rows[:, -1]).square().mean().sqrt() / rows[:, -1].std()).item() < 0.05


def test_steps_lower_the_error_on_the_rows():
    rows, errors = rows_of(ROBIN, 30), []
    for num_steps in (1, 30):
        network = OperatorNetwork(ROBIN, **QUICK | {"num_adam": 1, "num_lbfgs": num_steps})
        found = network(rows, generator=seeded())(rows[:, :-1])
        errors.append((found - rows[:, -1]).square().mean().item())
    assert errors[1] < errors[0] / 2


def test_a_seed_is_a_model_and_nothing_else_is_touched():
    rows, fresh = rows_of(ROBIN), points_of(ROBIN, 5, 3)
    state, before = torch.get_rng_state(), rows.clone()
    network = OperatorNetwork(ROBIN, **QUICK)
    first, again, other = (network(rows, generator=seeded(seed))(fresh) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(rows, before)


def test_rows_with_a_gradient_are_learnt_from_without_one():
    rows, fresh = rows_of(ROBIN), points_of(ROBIN, 5, 3)
    network = OperatorNetwork(ROBIN, **QUICK)
    found = network(rows.clone().requires_grad_(), generator=seeded())(fresh)
    assert not found.requires_grad
    with torch.no_grad():  # where it learns the same
        assert torch.equal(network(rows, generator=seeded())(fresh), found)


def test_one_row_is_enough():
    rows = rows_of(ROBIN, 1)
    found = OperatorNetwork(ROBIN, **QUICK)(rows, generator=seeded())(points_of(ROBIN, 5))
    assert found.isfinite().all()


# Refusals


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"widths": ()}, "widths = (): must be at least one layer of at least 1"),
        ({"widths": (3, 0)}, "widths = (3, 0): must be at least one layer of at least 1"),
        ({"num_products": 0}, "num_products = 0: must be at least 1"),
        ({"num_adam": 0}, "num_adam = 0: must be at least 1"),
        ({"num_lbfgs": -1}, "num_lbfgs = -1: must be at least 1"),
        ({"adam_step_size": 0.0}, "adam_step_size = 0.0: must be above 0"),
        ({"adam_step_size": float("nan")}, "adam_step_size = nan: must be above 0"),
    ],
)
def test_impossible_settings_are_refused(settings, line):
    with pytest.raises(ValueError, match="must be") as error:
        OperatorNetwork(ROBIN, **settings)
    assert str(error.value) == line


def test_rows_of_another_width_and_hidden_entries_are_refused():
    network = OperatorNetwork(ROBIN, **QUICK)
    with pytest.raises(ValueError, match=r"^rows: shape \(12, 4\); must be \(…, m, 3\)"):
        network(rows_of(BURGERS), generator=seeded())
    rows = rows_of(ROBIN)
    rows[3, 1] = torch.nan
    with pytest.raises(ValueError, match=r"^rows: row 3 has NaN or infinite entries"):
        network(rows, generator=seeded())
