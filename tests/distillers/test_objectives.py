"""The objective of each method against numpy, finite differences, brute force and theory."""

from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2
from torch import nn
from torch.optim import SGD

from ddlib.distillers.bptt import unrolled_objective
from ddlib.distillers.distribution_matching import (
    DistributionMatching,
    embedding_distance,
    random_layer,
)
from ddlib.distillers.exact import Exact
from ddlib.distillers.first_order import FirstOrder
from ddlib.distillers.gradient_matching import GradientMatching, gradient_distance
from ddlib.distillers.herding import herd
from ddlib.distillers.k_center import farthest_first
from ddlib.distillers.kernel_inducing_points import KernelInducingPoints, kernel_error
from ddlib.distillers.random_subset import RandomSubset
from ddlib.distillers.trajectory_matching import (
    TrajectoryMatching,
    trajectory,
    trajectory_distance,
)
from ddlib.learners.gaussian import GaussianMLE, random_gaussian
from ddlib.learners.kernel_ridge import RBF, KernelRidge, prediction_error
from ddlib.learners.logistic import soft_cross_entropy
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge, random_linear_law, squared_error
from ddlib.problem import DistillationProblem, TrainingCriterion
from ddlib.problem.rows import Layout

PENALTY, TASK = 0.1, torch.tensor([0.7, 0.3], dtype=torch.float64)


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=new_generator(seed))


def linear_rows(num_responses=2, num_rows=60):
    law = random_linear_law(3, num_responses, noise_std=0.3, generator=new_generator(3))
    return law.sample(num_rows, generator=new_generator(4))


def ridge_problem(**settings):
    rows = linear_rows()
    return DistillationProblem(
        Ridge(2, PENALTY, **settings),
        TrainingCriterion(partial(squared_error, rows, task=TASK)),
        normal(6, 5, seed=5),
        training=rows,
        layout=Layout(num_responses=2),
    )


def gaussian_problem():
    rows = random_gaussian(3, generator=new_generator(1)).sample(60, generator=new_generator(2))
    learner = GaussianMLE()
    criterion = TrainingCriterion(learner(rows).cross_entropy)
    return DistillationProblem(learner, criterion, normal(6, 3, seed=5), training=rows)


def kernel_problem():
    rows = linear_rows()
    return DistillationProblem(
        KernelRidge(2, RBF(1.5), PENALTY),
        TrainingCriterion(partial(prediction_error, rows, task=TASK)),
        normal(6, 5, seed=5),
        training=rows,
        layout=Layout(num_responses=2),
    )


def one_hot(num_rows):
    return torch.eye(2, dtype=torch.float64)[torch.arange(num_rows) % 2]


def network_problem():
    """A tanh network on two classes; its start is drawn anew for each value."""
    inputs = normal(40, 2, seed=6)
    rows = torch.cat([inputs + 2 * one_hot(40), one_hot(40)], dim=1)
    learner = NetworkLearner(partial(mlp, 2, (3,), 2, nn.Tanh), 2, num_steps=6, step_size=0.5)

    def loss(theta):
        return soft_cross_entropy(learner.logits(theta, rows[:, :2]), rows[:, 2:])

    return DistillationProblem(
        learner,
        TrainingCriterion(loss),
        rows[:4] + 0.1 * normal(4, 4, seed=7),
        training=rows,
        layout=Layout(2, categorical=True),
    )


PROBLEMS = {
    "ridge": ridge_problem,
    "kernel ridge": kernel_problem,
    "Gaussian": gaussian_problem,
    "network": network_problem,
}


def finite_differences(value, at, *, step=1e-5):
    """Return the central differences of a scalar `value` in each entry of the tensor `at`."""
    slopes = torch.empty_like(at)
    for index in np.ndindex(*at.shape):
        ends = []
        for sign in (1, -1):
            moved = at.detach().clone()
            moved[index] += sign * step
            ends.append(float(torch.as_tensor(value(moved)).detach()))
        slopes[index] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def value_and_gradient(objective, at):
    at = at.detach().clone().requires_grad_()
    value = objective(at)
    (gradient,) = torch.autograd.grad(value, at)
    return value.detach(), gradient


def assert_same_gradient(got, expected, *, rel=1e-5):
    """Relative to the largest entry: a vanishing one has no relative error."""
    scale = expected.abs().max().item()
    assert scale > 1e-3
    torch.testing.assert_close(got, expected, rtol=0, atol=rel * scale)


def step_of(method, problem):
    """Return minus the step of plain gradient descent with step size 1: the gradient."""
    steps = method.steps(problem, generator=new_generator())
    return problem.initial - next(steps).detach()


def numpy_loss_gradient(theta, rows):
    """Ridge's: the mean of x (theta'x - y), and the penalty's."""
    x, y = rows[:, :3], rows[:, 3:]
    return x.T @ (x @ theta - y) / len(rows) + PENALTY * theta


def numpy_descent(theta, rows, *, num_steps, step_size):
    for _ in range(num_steps):
        theta = theta - step_size * numpy_loss_gradient(theta, rows)
    return theta


# First-order and unrolled gradients.


@pytest.mark.parametrize("which", ["ridge", "kernel ridge", "Gaussian"])
def test_first_order_steps_down_the_hypergradient(which):
    problem = PROBLEMS[which]()
    got = step_of(FirstOrder(optimizer=partial(SGD, lr=1.0)), problem)
    objective = partial(problem.objective, generator=new_generator())
    assert_same_gradient(got, finite_differences(objective, problem.initial))


@pytest.mark.parametrize("which", ["ridge", "network"])
def test_unrolled_gradient_is_that_of_the_objective(which):
    problem = PROBLEMS[which]()

    def objective(rows):
        return unrolled_objective(problem, rows, window=None, generator=new_generator(8))

    got = value_and_gradient(objective, problem.initial)[1]
    assert_same_gradient(got, finite_differences(objective, problem.initial))


def test_unrolled_objective_is_the_criterion_after_gradient_descent():
    problem = ridge_problem(num_steps=7, step_size=0.3)
    got = unrolled_objective(problem, problem.initial, window=None, generator=new_generator())
    theta = numpy_descent(np.zeros((3, 2)), problem.initial.numpy(), num_steps=7, step_size=0.3)
    x, y = np.split(problem.training.numpy(), [3], axis=1)
    assert got.item() == pytest.approx(((y - x @ theta) ** 2).mean(0) @ TASK.numpy(), rel=1e-12)


def test_unrolled_to_the_end_it_is_the_objective_of_the_closed_form():
    problem = ridge_problem(num_steps=700, step_size=0.3)
    unrolled = partial(unrolled_objective, problem, window=None, generator=new_generator())
    value, gradient = value_and_gradient(unrolled, problem.initial)
    expected, slopes = value_and_gradient(
        partial(problem.objective, generator=new_generator()), problem.initial
    )
    assert value.item() == pytest.approx(expected.item(), abs=1e-6)
    torch.testing.assert_close(gradient, slopes, rtol=0, atol=1e-6)


@pytest.mark.parametrize("which", ["ridge", "network"])
@pytest.mark.parametrize("spare", [0, 5])
def test_a_window_of_all_steps_is_no_window(which, spare):
    problem = PROBLEMS[which]()
    windows = (None, problem.learner.num_steps + spare)
    (value, gradient), (same, slopes) = (
        value_and_gradient(
            partial(unrolled_objective, problem, window=window, generator=new_generator(8)),
            problem.initial,
        )
        for window in windows
    )
    assert value == same
    assert gradient.equal(slopes)


def test_a_window_ends_anywhere_after_it_and_differentiates_its_own_steps_alone():
    """With 5 steps and a window of 2 the end is 2, 3, 4 or 5, and its start is held."""
    problem = ridge_problem(num_steps=5, step_size=0.3)
    rows, x, y = problem.initial.numpy(), *np.split(problem.training.numpy(), [3], axis=1)
    descent = partial(numpy_descent, step_size=0.3)

    def risk(theta):
        return ((y - x @ theta) ** 2).mean(0) @ TASK.numpy()

    starts = [descent(np.zeros((3, 2)), rows, num_steps=n) for n in range(4)]
    values = [risk(descent(start, rows, num_steps=2)) for start in starts]
    ends = []
    for seed in range(80):
        objective = partial(unrolled_objective, problem, window=2, generator=new_generator(seed))
        value, gradient = value_and_gradient(objective, problem.initial)
        which = int(np.abs(np.array(values) - value.item()).argmin())
        assert value.item() == pytest.approx(values[which], rel=1e-12)
        if which not in ends:
            start = starts[which]
            expected = finite_differences(
                lambda rows, start=start: risk(descent(start, rows.numpy(), num_steps=2)),
                problem.initial,
            )
            assert_same_gradient(gradient, expected)
        ends.append(which)
    counts = np.bincount(ends, minlength=4)
    assert (counts > 0).all()
    assert ((counts - 20) ** 2 / 20).sum() < chi2.ppf(0.9999, df=3)


# Gradient matching.


@pytest.mark.parametrize("distance", ["cosine", "squared"])
@pytest.mark.parametrize("which", ["ridge", "Gaussian", "network"])
def test_gradient_distance_is_zero_and_stationary_at_the_real_rows(which, distance):
    problem = PROBLEMS[which]()
    real = problem.training
    whole = replace(problem, initial=real)
    theta = problem.learner.initial(real, generator=new_generator(9))
    theta = theta + 0.3 * torch.randn(theta.shape, dtype=theta.dtype, generator=new_generator(1))
    objective = partial(gradient_distance, whole, theta, real, distance=distance)
    value, gradient = value_and_gradient(objective, real)
    assert abs(value.item()) < 1e-12
    assert gradient.abs().max() < 1e-9
    value, gradient = value_and_gradient(objective, real + 0.1 * torch.ones_like(real))
    assert value > 1e-6
    assert gradient.abs().max() > 1e-6


def numpy_cosine_distance(a, b):
    a, b = a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0)
    return (1 - (a * b).sum(0)).sum()


def numpy_squared_distance(a, b):
    return ((a - b) ** 2).sum()


@pytest.mark.parametrize("categorical", [False, True])
@pytest.mark.parametrize(
    ("distance", "oracle"),
    [("cosine", numpy_cosine_distance), ("squared", numpy_squared_distance)],
)
def test_gradient_distance_against_numpy(distance, oracle, categorical):
    """With classes, a sum over them of distances of the gradients of their rows."""
    real, rows = linear_rows(), normal(6, 5, seed=5)
    if categorical:
        real[:, 3:], rows[:, 3:] = one_hot(60), one_hot(6)
    theta = normal(3, 2, seed=9)
    problem = DistillationProblem(
        Ridge(2, PENALTY), TrainingCriterion(torch.sum), rows, training=real,
        layout=Layout(2, categorical=categorical),
    )  # fmt: skip
    got = gradient_distance(problem, theta, real, rows, distance=distance)
    parts = [slice(0, None, 2), slice(1, None, 2)] if categorical else [slice(None)]
    expected = sum(
        oracle(*(numpy_loss_gradient(theta.numpy(), a[part].numpy()) for a in (real, rows)))
        for part in parts
    )
    assert got.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("distance", ["cosine", "squared"])
def test_gradient_distance_on_ridge_sees_second_moments_only(distance):
    """Five rows with the second moments of sixty have their gradient at every theta."""
    problem = ridge_problem()
    real = problem.training
    moments = real.T @ real / len(real)
    few = 5**0.5 * torch.linalg.cholesky(moments).T
    problem = replace(problem, initial=few)
    for seed in range(3):
        theta = normal(3, 2, seed=seed)
        assert abs(gradient_distance(problem, theta, real, few, distance=distance)) < 1e-12
        assert gradient_distance(problem, theta, real, real[:5], distance=distance) > 1e-3


class Watched(Ridge):
    """Ridge regression that keeps the parameters at which the real rows' gradient is taken."""

    def loss(self, theta, rows):
        if len(rows) == 60:
            self.__dict__.setdefault("seen", []).append(theta.detach().clone())
        return super().loss(theta, rows)


def test_gradients_are_matched_along_a_training_on_the_rows_that_starts_anew():
    problem = replace(ridge_problem(), learner=Watched(2, PENALTY, step_size=0.3))
    method = GradientMatching(inner_steps=3, restart=2)
    steps = method.steps(problem, generator=new_generator())
    sets = [next(steps).detach().clone().numpy() for _ in range(4)]
    zero = np.zeros((3, 2))
    later = [numpy_descent(zero, sets[k], num_steps=3, step_size=0.3) for k in (0, 2)]
    expected = [zero, later[0], zero, later[1]]
    np.testing.assert_allclose(torch.stack(problem.learner.seen), expected, atol=1e-12)


# Trajectory matching.


@pytest.mark.parametrize("which", ["ridge", "Gaussian", "network"])
def test_trajectory_distance_is_zero_and_stationary_on_the_experts_own_way(which):
    problem = PROBLEMS[which]()
    learner, real = problem.learner, problem.training
    expert = trajectory(learner, real, generator=new_generator(8))
    assert len(expert) == learner.num_steps + 1

    def objective(rows):
        return trajectory_distance(
            learner, rows, expert[1], expert[4], num_steps=3, step_size=learner.step_size
        )

    value, gradient = value_and_gradient(objective, real)
    assert value == 0
    assert (gradient == 0).all()
    value, gradient = value_and_gradient(objective, real + 0.1 * torch.ones_like(real))
    assert value > 1e-9
    assert gradient.abs().max() > 1e-6


def test_a_student_that_stays_at_the_start_has_distance_one():
    problem = ridge_problem()
    start, target = normal(2, 3, 2)
    got = trajectory_distance(
        problem.learner, problem.initial, start, target, num_steps=4, step_size=0.0
    )
    assert got.item() == 1


def test_trajectory_distance_against_numpy_and_finite_differences():
    problem = ridge_problem()
    start, target = normal(2, 3, 2)

    def objective(rows, step_size):
        return trajectory_distance(
            problem.learner, rows, start, target, num_steps=4, step_size=step_size
        )

    rate = torch.tensor(0.15, dtype=torch.float64)
    end = numpy_descent(start.numpy(), problem.initial.numpy(), num_steps=4, step_size=0.15)
    expected = ((end - target.numpy()) ** 2).sum() / ((start - target) ** 2).sum().item()
    assert objective(problem.initial, rate).item() == pytest.approx(expected, rel=1e-12)
    for objective_of, at in [
        (partial(objective, step_size=rate), problem.initial),
        (partial(objective, problem.initial), rate),
    ]:
        got = value_and_gradient(objective_of, at)[1]
        assert_same_gradient(got, finite_differences(objective_of, at))


def test_the_student_starts_anywhere_on_the_experts_way_with_room_to_its_end():
    """Ridge has one expert: of 4 steps, so that a target 2 steps ahead has 3 starts."""
    problem = ridge_problem(num_steps=4, step_size=0.3)
    ways = [
        numpy_descent(np.zeros((3, 2)), problem.training.numpy(), num_steps=t, step_size=0.3)
        for t in range(5)
    ]

    def distance(start, rows):
        end = numpy_descent(ways[start], rows.numpy(), num_steps=3, step_size=0.3)
        lengths = [((other - ways[start + 2]) ** 2).sum() for other in (end, ways[start])]
        return lengths[0] / lengths[1]

    slopes = [finite_differences(partial(distance, t), problem.initial) for t in range(3)]
    method = TrajectoryMatching(2, student_steps=3, expert_steps=2, optimizer=partial(SGD, lr=1.0))
    starts = []
    for seed in range(30):
        got = problem.initial - next(method.steps(problem, generator=new_generator(seed))).detach()
        starts.append(int(np.argmin([(got - slope).norm() for slope in slopes])))
        assert_same_gradient(got, slopes[starts[-1]])
    assert set(starts) == {0, 1, 2}


# Distribution matching.


def random_embedding(layout, real, generator):
    """A random layer of 30 units on features standardised as those of `real`, as in a step."""
    standardise = layout.standardiser(real)
    layer = random_layer(layout.features(real), 30, generator=generator)
    return lambda features: layer(standardise(features))


def labelled(num_rows, seed):
    return torch.cat([normal(num_rows, 3, seed=seed), one_hot(num_rows)], dim=1)


@pytest.mark.parametrize("layout", [Layout(), Layout(2, categorical=True)])
def test_embedding_distance_is_zero_and_stationary_at_the_real_rows(layout):
    real = labelled(20, seed=1)
    embedding = random_embedding(layout, real, new_generator())

    def objective(rows):
        return embedding_distance(layout, embedding, real, rows, layout.groups(real))

    value, gradient = value_and_gradient(objective, real)
    assert value == 0
    assert (gradient == 0).all()
    value, gradient = value_and_gradient(objective, real + 0.1 * torch.ones_like(real))
    assert value > 1e-3
    assert gradient.abs().max() > 1e-3


def test_embedding_distance_against_numpy():
    layout = Layout(2, categorical=True)
    real, rows = labelled(20, seed=1), labelled(6, seed=2)

    def embedding(x):
        return torch.stack([x[:, 0] * x[:, 1], x[:, 2].sin()], dim=1)

    got = embedding_distance(layout, embedding, real, rows, layout.groups(rows))
    expected = 0.0
    for c in range(2):
        means = [
            np.stack([a[c::2, 0] * a[c::2, 1], np.sin(a[c::2, 2])]).mean(1)
            for a in (real.numpy(), rows.numpy())
        ]
        expected += ((means[0] - means[1]) ** 2).sum()
    assert got.item() == pytest.approx(expected, rel=1e-12)


def test_with_a_linear_embedding_only_the_means_of_classes_count():
    layout = Layout(2, categorical=True)
    real, rows = labelled(20, seed=1), labelled(6, seed=2)
    weights = normal(3, 7, seed=3)
    noise = normal(6, 3, seed=4)
    within = noise.clone()
    for c in range(2):
        within[c::2] -= noise[c::2].mean(0)

    def distance(shift, embedding):
        moved = torch.cat([rows[:, :3] + shift, rows[:, 3:]], dim=1)
        return embedding_distance(layout, embedding, real, moved, layout.groups(rows)).item()

    def linear(x):
        return x @ weights

    def rectified(x):
        return (x @ weights).relu()

    still = torch.zeros(6, 3, dtype=torch.float64)
    assert distance(within, linear) == pytest.approx(distance(still, linear), rel=1e-12)
    assert distance(noise, linear) != pytest.approx(distance(still, linear), rel=1e-3)
    assert distance(within, rectified) != pytest.approx(distance(still, rectified), rel=1e-3)


def test_each_step_of_distribution_matching_has_an_embedding_of_its_own():
    problem = network_problem()
    real, layout = problem.training, problem.layout
    method = DistributionMatching(width=30, optimizer=partial(SGD, lr=0.1))
    steps = method.steps(problem, generator=new_generator())
    rows, generator = problem.initial, new_generator()
    for _ in range(2):
        embedding = random_embedding(layout, real, generator)
        objective = partial(
            embedding_distance, layout, embedding, real, classes=layout.groups(problem.initial)
        )
        rows = rows - 0.1 * value_and_gradient(objective, rows)[1]
        torch.testing.assert_close(next(steps).detach(), rows, rtol=0, atol=1e-12)


def embedded(layout, rows):
    """The embedding of the first rows, under the same draw of its weights."""
    embedding = random_embedding(layout, rows, new_generator(5))
    return embedding(layout.features(rows[:4]))


def test_a_random_embedding_does_not_see_the_units_of_columns():
    rows, units = normal(20, 3), torch.tensor([1e-4, 1.0, 1e3], dtype=torch.float64)
    got = [embedded(Layout(), x) for x in (rows, rows * units + 7)]
    torch.testing.assert_close(*got, rtol=1e-6, atol=1e-6)


def test_inputs_of_classes_share_one_unit_and_those_that_hardly_vary_stay_small():
    layout, rows = Layout(2, categorical=True), labelled(20, seed=1)
    scale = torch.tensor([1e3, 1e3, 1e3, 1.0, 1.0], dtype=torch.float64)
    got = [embedded(layout, x) for x in (rows, rows * scale)]
    torch.testing.assert_close(*got, rtol=1e-6, atol=1e-6)
    still = rows * torch.tensor([1.0, 1.0, 1e-6, 1.0, 1.0], dtype=torch.float64)
    moved = still.clone()
    moved[0, 2] += 1e-6
    assert (embedded(layout, moved) - embedded(layout, still)).abs().max() < 1e-4


def test_a_column_that_does_not_vary_or_a_single_row_gives_finite_embeddings():
    rows = normal(20, 3)
    rows[:, 1] = 4.0
    for few in (rows, rows[:1]):
        assert embedded(Layout(), few).isfinite().all()


# Selection.


def mean_gap(features, chosen):
    """How far the mean of the chosen rows lies from that of all."""
    return np.linalg.norm(features.mean(0) - features[list(chosen)].mean(0))


@given(st.integers(1, 8), st.integers(1, 3), st.data())
def test_herding_takes_a_best_row_at_every_step(num_rows, dim, data):
    """By brute force; two rows are equally far from their mean, and so either may come first."""
    count = data.draw(st.integers(1, num_rows))
    features = normal(num_rows, dim, seed=data.draw(st.integers(0, 10**6)))
    chosen, table = herd(features, count).tolist(), features.numpy()
    assert len(set(chosen)) == count
    for k in range(count):
        before = chosen[:k]
        best = min(mean_gap(table, [*before, i]) for i in set(range(num_rows)) - set(before))
        assert mean_gap(table, chosen[: k + 1]) == pytest.approx(best, abs=1e-12)


def test_herding_picks_first_a_row_that_is_the_mean():
    half = normal(5, 3)
    features = torch.cat([half, torch.zeros(1, 3, dtype=torch.float64), -half])
    assert herd(features, 1).tolist() == [5]


def radius(distances, chosen):
    return distances[:, list(chosen)].min(1).max()


@given(st.integers(1, 7), st.integers(1, 3), st.booleans(), st.data())
def test_farthest_first_is_within_twice_the_best_radius(num_rows, dim, whole, data):
    """By brute force over all centers; whole numbers make ties and duplicates."""
    count = data.draw(st.integers(1, num_rows))
    features = normal(num_rows, dim, seed=data.draw(st.integers(0, 10**6)))
    features = features.round() if whole else features
    distances = torch.cdist(features, features).numpy()
    chosen = farthest_first(features, count).tolist()
    best = min(radius(distances, centers) for centers in combinations(range(num_rows), count))
    assert radius(distances, chosen) <= 2 * best + 1e-9


def test_farthest_first_starts_at_the_mean_and_goes_farthest():
    features = torch.tensor([[-1.0], [-8.0], [0.1], [5.0], [4.0]], dtype=torch.float64)
    assert farthest_first(features, 4).tolist() == [2, 1, 3, 0]


@pytest.mark.parametrize("choose", [herd, farthest_first])
@given(rows=st.lists(st.integers(0, 1), min_size=1, max_size=8), data=st.data())
def test_selections_differ_even_where_rows_coincide(choose, rows, data):
    count = data.draw(st.integers(1, len(rows)))
    features = torch.tensor(rows, dtype=torch.float64)[:, None]
    chosen = choose(features, count)
    assert chosen.dtype == torch.long
    assert len(chosen) == count
    assert len(set(chosen.tolist())) == count
    assert set(chosen.tolist()) <= set(range(len(rows)))


def test_random_subsets_are_uniform_and_without_replacement():
    """All ten pairs of five rows equally often, and both orders."""
    training = torch.arange(5.0)[:, None]
    problem = DistillationProblem(
        lambda rows, generator=None: rows, TrainingCriterion(torch.sum), training[:2],
        training=training,
    )  # fmt: skip
    generator, num_draws = new_generator(), 2000
    counts = np.zeros((5, 5))
    for _ in range(num_draws):
        (rows,) = RandomSubset().steps(problem, generator=generator)
        counts[tuple(rows.flatten().int().tolist())] += 1
    assert (counts.diagonal() == 0).all()
    expected = num_draws / 20
    statistic = ((counts[~np.eye(5, dtype=bool)] - expected) ** 2 / expected).sum()
    assert statistic < chi2.ppf(0.9999, df=19)


# Kernel inducing points.


def one_response_problem(num_rows):
    rows = linear_rows(num_responses=1)
    return DistillationProblem(
        Ridge(1, PENALTY),
        TrainingCriterion(partial(squared_error, rows, task=torch.ones(1, dtype=torch.float64))),
        normal(num_rows, 4, seed=5),
        training=rows,
        layout=Layout(num_responses=1),
    )


def least_squares_error(rows):
    x, y = np.split(rows.numpy(), [3], axis=1)
    return ((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2).mean()


def test_one_inducing_point_of_one_response_becomes_least_squares():
    """One row carries any weights of one response, so the optimum is that of all rows."""
    problem = one_response_problem(1)
    optimum = least_squares_error(problem.training)
    method = KernelInducingPoints(optimizer=partial(SGD, lr=0.2))
    assert problem.objective(problem.initial, generator=new_generator()).item() > optimum + 0.1
    for step, rows in enumerate(method.steps(problem, generator=new_generator()), start=1):
        if step == 1:
            assert problem.objective(rows, generator=new_generator()).item() > optimum + 1e-3
        if step == 400:
            break
    assert problem.objective(rows, generator=new_generator()).item() == pytest.approx(
        optimum, abs=1e-6
    )
    assert problem.objective(rows, generator=new_generator()).item() >= optimum - 1e-12


@pytest.mark.parametrize("num_rows", [3, 5])
def test_with_as_many_rows_as_columns_the_first_labels_are_least_squares(num_rows):
    problem = one_response_problem(num_rows)
    rows = next(KernelInducingPoints().steps(problem, generator=new_generator())).detach()
    optimum = least_squares_error(problem.training)
    assert problem.objective(rows, generator=new_generator()).item() == pytest.approx(
        optimum, abs=1e-6
    )
    assert problem.objective(problem.initial, generator=new_generator()).item() > optimum + 0.1


@pytest.mark.parametrize("solve", [True, False])
def test_the_gradient_of_inducing_points_is_that_of_the_objective(solve):
    """With the labels solved, that of the objective minimised over them (numpy)."""
    problem = kernel_problem()
    x_all, y_all = np.split(problem.training.numpy(), [3], axis=1)

    def kernel(a, b):
        return np.exp(-((a[:, None] - b) ** 2).sum(2) / (2 * 1.5**2))

    def error(rows):
        x, y = np.split(rows.numpy(), [3], axis=1)
        cross, gram = kernel(x_all, x), kernel(x, x) + len(x) * PENALTY * np.eye(len(x))
        if solve:
            coefficients = np.linalg.lstsq(cross, y_all, rcond=None)[0]
        else:
            coefficients = np.linalg.solve(gram, y)
        return ((y_all - cross @ coefficients) ** 2).mean(0).sum()

    expected = finite_differences(error, problem.initial)
    columns = slice(0, 3) if solve else slice(None)  # solved labels do not descend
    method = KernelInducingPoints(label_solve=solve, optimizer=partial(SGD, lr=1.0))
    got = step_of(method, problem)
    assert_same_gradient(got[:, columns], expected[:, columns])
    if not solve:
        value = kernel_error(KernelRidge(2, RBF(1.5), PENALTY), problem.training, problem.initial)
        assert value.item() == pytest.approx(error(problem.initial), rel=1e-12)


# Exact distillation.


def criteria(which):
    """Return criteria of different models of the learner, none of them flat."""
    if which == "ridge":
        rows = linear_rows()
        return [
            partial(squared_error, rows, task=TASK),
            partial(squared_error, rows[:20], task=TASK.flip(0)),
            lambda theta: (theta.exp() * normal(3, 2, seed=8)).sum(),
        ]
    other = random_gaussian(3, generator=new_generator(9))
    return [
        gaussian_problem().criterion.score,
        other.cross_entropy,
        lambda model: (model.mean.sin() + model.covariance @ model.mean).sum(),
    ]


@pytest.mark.parametrize("num_rows", [4, 6, 17])
@pytest.mark.parametrize("which", ["ridge", "Gaussian"])
def test_exact_rows_are_worth_all_training_rows_by_every_criterion(which, num_rows):
    problem = PROBLEMS[which]()
    initial = problem.training[:num_rows]
    for score in criteria(which):
        exact = DistillationProblem(
            problem.learner, TrainingCriterion(score), initial, training=problem.training
        )
        (rows,) = Exact().steps(exact, generator=new_generator())
        assert rows.shape == initial.shape
        wanted = exact.objective(problem.training, generator=new_generator()).item()
        assert exact.objective(rows, generator=new_generator()).item() == pytest.approx(
            wanted, abs=1e-9, rel=1e-9
        )
        assert abs(exact.objective(initial, generator=new_generator()).item() - wanted) > 1e-4
