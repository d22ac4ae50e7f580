"""Learners of scikit-learn on rows: what they learn, and that they are what they say."""

import subprocess
import sys
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning

from ddlib.pinn.regressors import GAUSSIAN_PROCESS, GRADIENT_BOOSTING, Regressor, kernel_lengths

LEARNERS = {"process": GAUSSIAN_PROCESS, "boosting": GRADIENT_BOOSTING}
each_learner = pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def smooth(points):
    """A wave along the first column and a bend along the second, of unequal scales."""
    return 3 + torch.sin(3 * points[:, 0]) + 0.01 * (points[:, 1] - 100).square()


def points_of(count, seed=0):
    unit = torch.rand(count, 2, dtype=torch.float64, generator=seeded(seed))
    return unit * torch.tensor([1.0, 20.0]) + torch.tensor([0.0, 90.0])


def rows_of(count, seed=0, noise=0.0):
    points = points_of(count, seed)
    draws = torch.randn(count, dtype=torch.float64, generator=seeded(seed + 1000))
    return torch.cat([points, (smooth(points) + noise * draws)[:, None]], dim=1)


@pytest.mark.parametrize(
    ("learner", "count", "tolerance"),
    [(GAUSSIAN_PROCESS, 60, 0.01), (GRADIENT_BOOSTING, 400, 0.15)],
    ids=LEARNERS.keys(),
)
def test_a_smooth_function_is_learnt(learner, count, tolerance):
    """The share of the deviation that is left at fresh points."""
    fresh, errors = points_of(300, 99), []
    for seed in range(3):
        found = learner(rows_of(count, seed), generator=seeded())(fresh)
        assert found.shape == (300,)
        assert found.dtype == torch.float64
        errors.append(((found - smooth(fresh)).square().mean().sqrt() / smooth(fresh).std()).item())
    assert np.median(errors) < tolerance


@each_learner
def test_a_constant_is_learnt_exactly(learner):
    rows = rows_of(20)
    rows[:, -1] = -2.5
    found = learner(rows, generator=seeded())(points_of(5, 1))
    torch.testing.assert_close(found, torch.full_like(found, -2.5), atol=1e-9, rtol=0)


def test_the_process_takes_noise_away():
    rows = rows_of(150, noise=0.1)
    found = GAUSSIAN_PROCESS(rows, generator=seeded())(rows[:, :-1])
    left = (found - smooth(rows[:, :-1])).square().mean().sqrt().item()
    assert left < 0.05


@each_learner
def test_values_count_in_their_unit(learner):
    rows, fresh = rows_of(40, noise=0.1), points_of(20, 1)
    found = learner(rows, generator=seeded())(fresh)
    scaled = rows * torch.tensor([1.0, 1.0, 1000.0])
    others = learner(scaled, generator=seeded())(fresh)
    torch.testing.assert_close(others, 1000 * found, atol=1.0, rtol=0)


@each_learner
def test_a_seed_is_a_model_and_leaves_the_global_states_alone(learner):
    rows, fresh = rows_of(40, noise=0.1), points_of(20, 1)
    ours, theirs = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    before, generator = rows.clone(), seeded(5)
    first, again = (learner(rows, generator=seeded(5))(fresh) for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(learner(rows)(fresh), learner(rows)(fresh))
    assert torch.equal(torch.get_rng_state(), ours)
    assert (np.random.get_state()[1] == theirs).all()  # noqa: NPY002
    assert torch.equal(rows, before)
    learner(rows, generator=generator)
    assert not torch.equal(generator.get_state(), seeded(5).get_state())


def test_scikit_learn_is_not_imported_before_a_learner_learns():
    """It takes two seconds, and most chapters do without."""
    code = (
        "import sys, ddlib.pinn.baselines, ddlib.pinn.distillation; "
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_generator_draws_the_random_state():
    states = []

    def make(num_inputs, state):
        states.append(state)
        assert num_inputs == 2
        return GradientBoostingRegressor(n_estimators=1)

    learner, generator = Regressor(make), seeded()
    for given in (generator, generator, seeded(), seeded(1), None, None):
        learner(rows_of(10), generator=given)
    assert states[0] == states[2]
    assert states[4:] == [0, 0]
    assert len(set(states)) == 4


@each_learner
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("column", [0, 2])
def test_hidden_entries_are_refused(learner, bad, column):
    rows = rows_of(10)
    rows[3, column] = bad
    with pytest.raises(ValueError, match="rows: row 3 has NaN or infinite entries"):
        learner(rows, generator=seeded())


@each_learner
def test_rows_with_a_gradient_are_learnt_from_without_one(learner):
    rows = rows_of(10)
    found = learner(rows.clone().requires_grad_(), generator=seeded())(points_of(5, 1))
    assert not found.requires_grad
    assert torch.equal(found, learner(rows, generator=seeded())(points_of(5, 1)))


def constant(rows):
    rows[:, 1:] = 1.0


def line(rows):
    rows[:, -1] = rows[:, 0]


def repeated(rows):
    rows[1:] = rows[0]


CASES = {
    "noisy": (30, lambda rows: None),
    "one row": (1, lambda rows: None),
    "two rows": (2, lambda rows: None),
    "constant": (10, constant),
    "line": (30, line),
    "repeated": (5, repeated),
}


@each_learner
@pytest.mark.parametrize("case", CASES)
def test_nothing_warns_and_all_is_finite(learner, case):
    count, change = CASES[case]
    rows = rows_of(count, noise=0.1)
    change(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = learner(rows, generator=seeded())(points_of(5, 1))
    assert found.isfinite().all()


def test_only_the_warning_of_the_optimiser_is_silenced():
    class Warns(GradientBoostingRegressor):
        def fit(self, inputs, values):
            warnings.warn(self.category("beware"), stacklevel=1)
            return super().fit(inputs, values)

    def learn(category):
        def make(num_inputs, state):
            made = Warns(n_estimators=1)
            made.category = category
            return made

        return Regressor(make)(rows_of(10))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learn(ConvergenceWarning)
        with pytest.raises(RuntimeWarning, match="beware"):
            learn(RuntimeWarning)


def fitted_process(rows):
    """The same pipeline fitted here: its scaler, and the process with its parameters."""
    state = int(torch.randint(2**31 - 1, (), generator=seeded()))
    pipeline = GAUSSIAN_PROCESS.make(rows.shape[1] - 1, state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit(rows[:, :-1].numpy(), rows[:, -1].numpy())
    return pipeline[-1]


def covariance(first, second, scale, lengths):
    squares = ((first[:, None] - second) / lengths) ** 2
    return scale * np.exp(-squares.sum(-1) / 2)


@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_the_process_is_its_posterior_mean(noise):
    r"""$k_*(K+\sigma^2I)^{-1}y$ of standardised columns, at the parameters of the fit."""
    rows, fresh = rows_of(50, noise=noise), points_of(20, 1)
    kernel = fitted_process(rows).kernel_
    lengths, sigma2 = kernel.k1.k2.length_scale, kernel.k2.noise_level
    cov = partial(covariance, scale=kernel.k1.k1.constant_value, lengths=lengths)
    assert lengths.shape == (2,)
    inputs, values = rows[:, :-1].numpy(), rows[:, -1].numpy()
    center, scale = inputs.mean(0), inputs.std(0)
    x, z = (inputs - center) / scale, (fresh.numpy() - center) / scale
    y = (values - values.mean()) / values.std()
    weights = np.linalg.solve(cov(x, x) + sigma2 * np.eye(50), y)
    expected = values.mean() + values.std() * cov(z, x) @ weights
    found = GAUSSIAN_PROCESS(rows, generator=seeded())(fresh)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_process_finds_the_noise():
    rows = rows_of(300, noise=0.3)
    share = fitted_process(rows).kernel_.k2.noise_level ** 0.5
    assert share * rows[:, -1].std(correction=0).item() == pytest.approx(0.3, rel=0.15)


def test_the_lengths_are_scikit_learn_s_in_the_units_of_the_points():
    rows = rows_of(50, noise=0.1)
    lengths = fitted_process(rows).kernel_.k1.k2.length_scale
    expected = lengths * rows[:, :-1].numpy().std(0)
    np.testing.assert_allclose(kernel_lengths(rows), expected, rtol=1e-9)
    rows[3, 0] = torch.nan
    with pytest.raises(ValueError, match="rows: row 3 has NaN or infinite entries"):
        kernel_lengths(rows)


def test_boosting_is_two_hundred_trees_of_depth_three():
    made = GRADIENT_BOOSTING.make(2, 7)
    rows = rows_of(40, noise=0.1)
    made.fit(rows[:, :-1].numpy(), rows[:, -1].numpy())
    assert made.n_estimators_ == len(made.estimators_) == 200
    assert max(tree.get_depth() for tree in made.estimators_[:, 0]) == 3
    assert min(tree.tree_.n_node_samples.min() for tree in made.estimators_[:, 0]) >= 2
