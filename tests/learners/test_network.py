"""Networks against the modules that they are made of, torch's optimiser, and finite differences."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from ddlib.learners.logistic import soft_cross_entropy
from ddlib.learners.network import NetworkLearner, convnet, mlp
from ddlib.problem.training import GradientLearner

TANH = partial(mlp, 3, (4,), 2, nn.Tanh)
CONVNET = partial(convnet, 10, 2)
ARCHITECTURES = [(TANH, 3, 2), (partial(mlp, 3, (5, 4), 2, nn.ReLU), 3, 2), (CONVNET, 64, 10)]


def soft_rows(num_rows, dim, num_classes, generator):
    inputs = torch.randn(num_rows, dim, dtype=torch.float64, generator=generator)
    labels = torch.randn(num_rows, num_classes, dtype=torch.float64, generator=generator)
    return torch.cat([inputs, labels.softmax(1)], dim=1)


@pytest.mark.parametrize(("architecture", "dim", "num_classes"), ARCHITECTURES)
def test_training_against_torch(architecture, dim, num_classes, generator):
    rows = soft_rows(6, dim, num_classes, generator)
    learner = NetworkLearner(architecture, num_classes, num_steps=7, step_size=0.2)
    theta = learner(rows, generator=torch.Generator().manual_seed(3))

    module = architecture().double()
    start = learner.initial(rows, generator=torch.Generator().manual_seed(3))
    vector_to_parameters(start.clone(), module.parameters())  # which become views of what is given
    optimiser = torch.optim.SGD(module.parameters(), lr=0.2)
    for _ in range(7):
        optimiser.zero_grad()
        soft_cross_entropy(module(rows[:, :dim]), rows[:, dim:]).backward()
        optimiser.step()
    torch.testing.assert_close(theta, parameters_to_vector(module.parameters()).detach())
    torch.testing.assert_close(learner.logits(theta, rows[:, :dim]), module(rows[:, :dim]).detach())
    assert (theta - start).abs().max() > 0.01


def test_gradient_through_training_against_finite_differences(generator):
    rows = soft_rows(4, 3, 2, generator).requires_grad_()
    learner = NetworkLearner(TANH, 2, num_steps=5, step_size=0.5)
    assert gradcheck(
        lambda rows: learner(rows, generator=torch.Generator().manual_seed(1)),
        rows,
        rtol=1e-5,
        atol=1e-8,
    )


def test_a_graph_is_kept_only_where_it_is_asked_for(generator):
    rows = soft_rows(4, 3, 2, generator)
    learner = NetworkLearner(TANH, 2, num_steps=2, step_size=0.5)
    assert not learner(rows, generator=generator).requires_grad
    with torch.no_grad():
        assert not learner(rows.requires_grad_(), generator=generator).requires_grad


def test_the_start_has_the_scale_of_he(generator):
    learner = NetworkLearner(partial(mlp, 50, (400,), 300, nn.ReLU), 300, 1, 0.1, start="he")
    theta = learner.initial(torch.zeros(1, 350), generator=generator)
    first, first_bias, second, second_bias = theta.split([50 * 400, 400, 400 * 300, 300])
    assert first.std().item() == pytest.approx((2 / 50) ** 0.5, rel=0.02)
    assert second.std().item() == pytest.approx((2 / 400) ** 0.5, rel=0.02)
    assert (first_bias == 0).all()
    assert (second_bias == 0).all()


def test_a_kernel_starts_at_the_scale_of_its_patch(generator):
    learner = NetworkLearner(partial(convnet, 10, 60), 10, 1, 0.1, start="he")
    _, kernels, _ = learner.layers(learner.initial(torch.zeros(1, 74), generator=generator))
    assert kernels.shape == (9 * 60, 2 * 60)
    assert kernels.std().item() == pytest.approx((2 / (9 * 60)) ** 0.5, rel=0.02)


def test_layers_are_the_weights_of_the_module(generator):
    learner = NetworkLearner(CONVNET, 10, 1, 0.1)
    theta = learner.initial(torch.zeros(1, 74), generator=generator)
    module = CONVNET()
    vector_to_parameters(theta, module.parameters())
    weights = [p for p in module.parameters() if p.ndim > 1]
    layers = learner.layers(theta)
    assert [layer.shape for layer in layers] == [(9, 2), (18, 4), (64, 10)]
    for layer, weight in zip(layers, weights, strict=True):
        for unit, kernel in zip(layer.T, weight, strict=True):
            torch.testing.assert_close(unit, kernel.flatten(), rtol=0, atol=0)


def test_only_the_generator_is_drawn_from(generator):
    rows = soft_rows(4, 3, 2, generator).float()
    before = torch.random.get_rng_state()
    learner = NetworkLearner(TANH, 2, num_steps=3, step_size=0.5)
    one, same, other = (
        learner(rows, generator=torch.Generator().manual_seed(seed)) for seed in (5, 5, 6)
    )
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.dtype == torch.float32


def test_a_network_descends_a_loss():
    learner = NetworkLearner(TANH, 2, num_steps=3, step_size=0.5)
    assert isinstance(learner, GradientLearner)
    assert learner == NetworkLearner(TANH, 2, num_steps=3, step_size=0.5)
    theta = torch.arange(3.0)
    assert learner.model(theta) is theta


def test_a_start_needs_a_generator():
    learner = NetworkLearner(TANH, 2, num_steps=3, step_size=0.5)
    with pytest.raises(TypeError, match="generator"):
        learner(torch.zeros(1, 5))


def test_he_leaves_no_scale_at_zero():
    module = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2))
    with pytest.raises(ValueError, match=r"^start = 'he': parameter '1\.weight' .* use 'own'$"):
        NetworkLearner(module, 2, num_steps=1, step_size=0.1, start="he")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("num_responses", 1), ("num_steps", 0), ("step_size", 0.0), ("step_size", float("nan"))],
)
def test_bad_settings_are_refused(setting, value):
    settings = {"num_responses": 2, "num_steps": 1, "step_size": 0.1} | {setting: value}
    with pytest.raises(ValueError, match=f"{setting} = {value}: must be"):
        NetworkLearner(TANH, **settings)


def test_an_unknown_start_is_refused():
    with pytest.raises(ValueError, match=r"^start = 'x': must be 'own' or 'he'$"):
        NetworkLearner(TANH, 2, num_steps=1, step_size=0.1, start="x")
