"""Hidden features and tangents against the module's own layers, and a loop of gradients."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.utils import vector_to_parameters

from ddlib.learners.features import hidden_features, tangents
from ddlib.learners.network import NetworkLearner, convnet, mlp

NETWORKS = {
    "perceptron": (partial(mlp, 3, (5, 4), 2, nn.Tanh), 3, 2),
    "no hidden layer": (partial(nn.Linear, 3, 2), 3, 2),
    "convolutional": (partial(convnet, 10, 2), 64, 10),
    "attention": (partial(nn.TransformerEncoderLayer, 4, 2, 8, dropout=0.0), 4, 4),
}
each_network = pytest.mark.parametrize("which", NETWORKS)


def network(which):
    """A learner, its parameters, inputs, and the module with these parameters."""
    architecture, dim, num_outputs = NETWORKS[which]
    learner = NetworkLearner(architecture, num_outputs, num_steps=1, step_size=0.1)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(5, dim, dtype=torch.float64, generator=generator)
    rows = torch.cat([inputs, torch.zeros(5, num_outputs, dtype=torch.float64)], dim=1)
    theta = learner.initial(rows, generator=generator)
    module = architecture().double()
    vector_to_parameters(theta.clone(), module.parameters())
    return learner, theta, inputs, module


@pytest.mark.parametrize("which", ["perceptron", "convolutional"])
def test_hidden_features_are_what_the_last_layer_is_given(which):
    learner, theta, inputs, module = network(which)
    got = hidden_features(learner, theta, inputs)
    torch.testing.assert_close(got, module[:-1](inputs))
    assert not any(part._forward_hooks for part in learner.module.modules())


def test_without_a_hidden_layer_they_are_the_inputs():
    learner, theta, inputs, _ = network("no hidden layer")
    assert hidden_features(learner, theta, inputs).equal(inputs)


@pytest.mark.parametrize("last", [nn.Tanh, nn.Softplus])
def test_a_network_that_does_not_end_in_a_linear_layer_has_none(last):
    module = nn.Sequential(nn.Linear(3, 2), last())
    learner = NetworkLearner(module, 2, num_steps=1, step_size=0.1)
    rows = torch.zeros(4, 5)
    theta = learner.initial(rows, generator=torch.Generator())
    assert hidden_features(learner, theta, rows[:, :3]) is None


@each_network
def test_tangents_against_a_loop_of_gradients(which):
    learner, theta, inputs, module = network(which)
    got = tangents(learner, theta, inputs)
    for i, row in enumerate(inputs):
        for c, value in enumerate(module(row[None])[0]):
            gradient = torch.autograd.grad(value, [*module.parameters()], retain_graph=True)
            expected = torch.cat([part.flatten() for part in gradient])
            torch.testing.assert_close(got[i, c], expected)
