"""Physics-informed networks: what they minimise, that they reach it, and that sets are separate."""

import pytest
import torch

from ddlib.pinn.burgers import BurgersFront
from ddlib.pinn.collocation import at_synthetic, nowhere, prior
from ddlib.pinn.conduction import NonlinearConduction
from ddlib.pinn.criteria import fit, mean_residual, relative_error
from ddlib.pinn.data import rows_at
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.poisson import DirichletPoisson, RobinPoisson
from ddlib.problem import learns_batches
from ddlib.problem.hypergradients import unrolled_gradient
from ddlib.problem.training import GradientLearner, train

SMALL = {"widths": (6, 5), "num_adam": 20, "num_lbfgs": 10}
PROBLEMS = [RobinPoisson(), BurgersFront()]


def draw_rows(problem, num_rows, generator):
    alphas = problem.prior.sample(num_rows, generator=generator)
    return rows_at(problem, problem.sample_points(alphas, generator=generator))


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("weight", [0.0, 1.0, 7.0])
def test_the_loss_is_made_of_the_criteria(problem, weight, generator):
    rows = draw_rows(problem, 5, generator)
    learner = NetworkPINN(problem, prior(problem, num_alphas=2), boundary_weight=weight, **SMALL)
    theta = learner.initial(rows, generator=generator)
    model, points = learner.model(theta), learner.policy(rows)
    inside = mean_residual(problem, points)(model)
    rim = problem.boundary(points.boundary, model.jet(points.boundary)).square().mean()
    expected = fit(rows)(model) + inside + weight * rim
    torch.testing.assert_close(learner.loss(theta, rows), expected)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_plain_network_sees_its_rows_only(problem, generator):
    rows = draw_rows(problem, 5, generator)
    learner = NetworkPINN(problem, nowhere(problem), **SMALL)
    theta = learner.initial(rows, generator=generator)
    torch.testing.assert_close(learner.loss(theta, rows), fit(rows)(learner.model(theta)))
    weighted = NetworkPINN(problem, nowhere(problem), boundary_weight=99.0, **SMALL)
    assert torch.equal(learner.fit(theta, rows).theta, weighted.fit(theta, rows).theta)


def test_physics_reaches_the_solution_where_there_are_no_rows():
    problem = DirichletPoisson()
    rows = rows_at(problem, problem.grid(torch.tensor([-1.5, -1.0], dtype=torch.float64), 6))
    beyond = rows_at(problem, problem.grid(torch.tensor([1.0, 2.0], dtype=torch.float64), 6))
    settings = {"widths": (12, 12), "num_adam": 100, "num_lbfgs": 250}
    informed = NetworkPINN(problem, prior(problem, num_alphas=8), **settings)
    plain = NetworkPINN(problem, nowhere(problem), **settings)
    assert relative_error(beyond)(informed(rows, generator=seeded(1))).item() < 5e-3
    blind = plain(rows, generator=seeded(1))
    assert relative_error(rows)(blind).item() < 1e-2
    assert relative_error(beyond)(blind).item() > 0.1


@pytest.mark.parametrize("policy", [at_synthetic, prior])
def test_sets_trained_side_by_side_are_trained_alone(policy, generator):
    problem = NonlinearConduction()
    rows = torch.stack([draw_rows(problem, 4, generator) for _ in range(3)])
    learner = NetworkPINN(problem, policy(problem), **SMALL)
    assert not learns_batches(learner)  # sets have starts of their own, not one draw
    starts = learner.initial(rows, generator=generator)
    together = learner.fit(starts, rows).theta
    assert (together - starts).abs().amax(-1).min() > 0.01
    for start, one, theta in zip(starts, rows, together, strict=True):
        torch.testing.assert_close(learner.fit(start, one).theta, theta, rtol=1e-6, atol=1e-6)


def test_many_starts_on_one_set(generator):
    problem = RobinPoisson()
    rows = draw_rows(problem, 4, generator)
    learner = NetworkPINN(problem, prior(problem, num_alphas=2), **SMALL)
    starts = learner.network.initial(2, 2, generator=generator)
    model = learner.fit(starts, rows)
    assert model(rows[:, :-1]).shape == (2, 2, 4)
    assert model.jet(rows[:3, :-1]).xx.shape == (2, 2, 3)
    alone = learner.fit(starts[1, 0], rows).theta
    torch.testing.assert_close(model.theta[1, 0], alone, rtol=1e-6, atol=1e-6)


def test_only_the_generator_is_drawn_from(generator):
    problem = RobinPoisson()
    rows = torch.stack([draw_rows(problem, 4, generator)] * 2)
    learner = NetworkPINN(problem, prior(problem, num_alphas=2), **SMALL)
    before = torch.random.get_rng_state()
    one, same, other = (learner(rows, generator=seeded(seed)).theta for seed in (5, 5, 6))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])


def test_adam_against_torchs(generator):
    problem = RobinPoisson()
    rows = draw_rows(problem, 4, generator)
    learner = NetworkPINN(problem, prior(problem), widths=(5,), num_adam=15, num_lbfgs=0)
    start = learner.initial(rows, generator=generator)
    theta = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theta], lr=learner.adam_step_size)
    for _ in range(15):
        optimizer.zero_grad()
        learner.loss(theta, rows).backward()
        optimizer.step()
    torch.testing.assert_close(learner.fit(start, rows).theta, theta.detach())


def test_lbfgs_lowers_what_adam_leaves(generator):
    problem = BurgersFront()
    rows = draw_rows(problem, 6, generator)
    short, long = (
        NetworkPINN(problem, at_synthetic(problem), widths=(8,), num_adam=20, num_lbfgs=steps)
        for steps in (0, 40)
    )
    values = [it.loss(it(rows, generator=seeded(2)).theta, rows).item() for it in (short, long)]
    assert values[1] < 0.2 * values[0]


@pytest.mark.parametrize("policy", [at_synthetic, prior])
def test_the_gradient_through_descent_against_finite_differences(policy, generator):
    problem = NonlinearConduction()
    rows, judge = draw_rows(problem, 3, generator), fit(draw_rows(problem, 5, generator))
    learner = NetworkPINN(problem, policy(problem), widths=(4,), num_adam=3)
    assert isinstance(learner, GradientLearner)
    assert [
        layer.shape for layer in learner.layers(learner.initial(rows, generator=seeded(3)))
    ] == [
        (2, 4),
        (4, 1),
    ]
    gradient = unrolled_gradient(learner, judge, rows, num_steps=3, generator=seeded(3))

    def value(rows):
        start = learner.initial(rows, generator=seeded(3))
        return judge(learner.model(train(learner, start, rows, num_steps=3))).item()

    for entry in [(0, 0), (1, 1), (2, 2)]:
        shift = torch.zeros_like(rows)
        shift[entry] = 1e-5
        slope = (value(rows + shift) - value(rows - shift)) / 2e-5
        assert gradient[entry].item() == pytest.approx(slope, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("num_adam", -1, "at least 0"),
        ("num_lbfgs", -2, "at least 0"),
        ("boundary_weight", -0.5, "at least 0"),
        ("boundary_weight", float("nan"), "at least 0"),
        ("adam_step_size", 0.0, "above 0"),
        ("reach", 0.0, "above 0"),
        ("widths", (3, 0), "at least one layer"),
    ],
)
def test_bad_settings_are_refused(setting, value, allowed):
    problem = RobinPoisson()
    with pytest.raises(ValueError, match=rf"{setting} = .*: must be {allowed}"):
        NetworkPINN(problem, nowhere(problem), **{setting: value})


def test_bad_rows_and_starts_are_refused(generator):
    problem = RobinPoisson()
    learner = NetworkPINN(problem, nowhere(problem), **SMALL)
    rows = draw_rows(problem, 3, generator)
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'generator'"):
        learner(rows)
    with pytest.raises(
        ValueError, match=r"rows: shape \(0, 3\); must be \(…, m, 3\) with m at least 1"
    ):
        learner(rows[:0], generator=generator)
    with pytest.raises(
        ValueError, match=r"rows: shape \(3, 2\); must be \(…, m, 3\) with m at least 1"
    ):
        learner(rows[:, :2], generator=generator)
    with pytest.raises(ValueError, match=r"theta: shape \(7,\); must be \(…, 59\)"):
        learner.fit(torch.zeros(7, dtype=torch.float64), rows)
    rows[1, 2] = torch.nan
    with pytest.raises(ValueError, match="rows: row 1 has NaN or infinite entries"):
        learner(rows, generator=generator)
