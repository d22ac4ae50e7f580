"""Sine features and their models against autograd, and what the feature PINN refuses."""

import pytest
import torch

from ddlib.pinn import PROBLEMS, RobinPoisson
from ddlib.pinn.collocation import at_synthetic, nowhere
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.features import FeatureModel, SineFeatures
from ddlib.pinn.jet import jet_of

each_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(problem, num_features=12):
    return SineFeatures.draw(problem, num_features, generator=seeded())


def small(policy, **settings):
    problem = RobinPoisson()
    return FeaturePINN(problem, policy(problem), **{"num_features": 12} | settings)


def some_points(problem, count, seed=1):
    generator = seeded(seed)
    alphas = problem.prior.sample(count, generator=generator)
    return problem.sample_points(alphas, generator=generator)


@each_problem
def test_jets_of_features_against_autograd(problem):
    features = drawn(problem)
    points = some_points(problem, 8)
    jets = features.jet(points)
    assert features.values(points).shape == (8, 12)
    for k in range(12):
        expected = jet_of(
            lambda *columns, k=k: features.values(torch.stack(columns, -1))[..., k],
            points,
            problem.coordinates,
        )
        for ours, theirs in zip(jets.entries, expected.entries, strict=True):
            torch.testing.assert_close(ours[:, k], theirs, atol=1e-12, rtol=1e-12)
    base = features.base(points)
    assert len(base.entries) == len(jets.entries)
    assert all(torch.equal(entry, torch.zeros_like(points[:, 0])) for entry in base.entries)


@each_problem
def test_features_do_not_mind_how_points_are_batched(problem):
    features = drawn(problem)
    points = some_points(problem, 6)
    stacked = features.jet(points.unflatten(0, (2, 3)))
    for ours, theirs in zip(features.jet(points).entries, stacked.entries, strict=True):
        torch.testing.assert_close(ours, theirs.flatten(0, 1), atol=1e-14, rtol=1e-14)


@each_problem
def test_features_have_the_law_of_the_scaled_domain(problem):
    """At ends of the scaled domain, frequency times coordinate has deviation 1 a coordinate."""
    features = drawn(problem, 20_000)
    low, high = problem.limits(3.0)
    scaled = features.frequencies * (high - low) / 2 / problem.bandwidth
    # Standard errors are 1/√n and 1/√(2n), below a per cent.
    assert (scaled.mean(0).abs() < 0.03).all()
    assert ((scaled.std(0) - 1).abs() < 0.03).all()
    middle = features.phases + features.frequencies @ ((low + high) / 2)
    assert (middle.abs() <= torch.pi + 1e-9).all()
    assert middle.std().item() == pytest.approx(torch.pi / 3**0.5, rel=0.02)


@each_problem
def test_a_model_s_jet_is_that_of_its_values(problem):
    coefficients = torch.randn(12, dtype=torch.float64, generator=seeded(1))
    model, points = FeatureModel(drawn(problem), coefficients), some_points(problem, 6)
    expected = jet_of(lambda *columns: model(torch.stack(columns, -1)), points, problem.coordinates)
    for ours, theirs in zip(model.jet(points).entries, expected.entries, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"penalty": 0.0}, r"penalty = 0\.0: must be finite and above 0"),
        ({"penalty": -1.0}, r"penalty = -1\.0: must be finite and above 0"),
        ({"penalty": float("nan")}, r"penalty = nan: must be finite and above 0"),
        ({"penalty": float("inf")}, r"penalty = inf: must be finite and above 0"),
        ({"data_weight": float("inf")}, r"data_weight = inf: must be finite and at least 0"),
        (
            {"residual_weight": float("inf")},
            r"residual_weight = inf: must be finite",
        ),
        (
            {"boundary_weight": float("inf")},
            r"boundary_weight = inf: must be finite",
        ),
        (
            {"bandwidth": float("inf")},
            r"bandwidth = inf: must be a finite number above 0",
        ),
        (
            {"bandwidth": (1.0, "2")},
            r"bandwidth = .*: must be a finite number above 0, or 2",
        ),
        ({"num_features": 0}, r"num_features = 0: must be at least 1"),
        ({"num_iterations": 0}, r"num_iterations = 0: must be at least 1"),
        ({"data_weight": -1.0}, r"data_weight = -1\.0: must be finite and at least 0"),
        (
            {"residual_weight": float("nan")},
            r"residual_weight = nan: must be finite",
        ),
        ({"boundary_weight": -2.0}, r"boundary_weight = -2\.0: must be finite and at least 0"),
    ],
)
def test_bad_settings_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        small(nowhere, **setting)


@pytest.mark.parametrize("shape", [(0, 3), (2, 4), (3,), (2, 0, 3)])
def test_rows_of_another_shape_are_refused(shape):
    learner = small(at_synthetic)
    with pytest.raises(ValueError, match=r"rows: shape .*; must be \(…, m, 3\) with m at least 1"):
        learner(torch.zeros(shape, dtype=torch.float64), generator=seeded())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_hidden_entries_are_refused(bad):
    learner, rows = small(at_synthetic), torch.zeros(3, 3, dtype=torch.float64)
    rows[1, 2] = bad
    with pytest.raises(ValueError, match="rows: row 1 has NaN or infinite entries"):
        learner(rows, generator=seeded())


def test_a_missing_generator_is_refused():
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'generator'"):
        small(nowhere)(torch.zeros(3, 3, dtype=torch.float64))
