"""The neural tangent kernel against a loop over gradients, and against its limit of width."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ntk import NTK


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=new_generator(seed))


def loop_kernel(kernel, a, b):
    """The kernel of all pairs, one gradient of one output at a time."""

    def gradients(inputs):
        rows = []
        for x in inputs:
            parts = []
            for theta in kernel.starts:
                theta = theta.clone().requires_grad_()
                outputs = kernel.learner.predict(theta, x[None])[0]
                parts += [torch.autograd.grad(y, theta, retain_graph=True)[0] for y in outputs]
            rows.append(torch.stack(parts).numpy())
        return rows

    ours, theirs = gradients(a), gradients(b)
    return np.array([[(x * y).sum() / len(x) for y in theirs] for x in ours])


@pytest.mark.parametrize("num_starts", [1, 3])
def test_against_a_loop(num_starts):
    learner = NetworkLearner(partial(mlp, 3, (5, 4), 2, nn.Tanh), 2, num_steps=1, step_size=0.1)
    kernel = NTK.drawn(learner, normal(6, 5), num_starts=num_starts, generator=new_generator())
    known, other = normal(6, 5)[:, :3], normal(4, 3, seed=1)
    scale = 1 / np.diag(loop_kernel(kernel, known, known)).mean()
    for a, b in [(known, known), (other, known), (other, other)]:
        np.testing.assert_allclose(kernel(a, b), scale * loop_kernel(kernel, a, b), rtol=1e-10)


def test_the_derivatives_that_are_kept_are_those_that_are_computed():
    learner = NetworkLearner(partial(mlp, 3, (5,), 2, nn.Tanh), 2, num_steps=1, step_size=0.1)
    rows = normal(6, 5)
    kernel = NTK.drawn(learner, rows, num_starts=1, generator=new_generator())
    again = kernel(rows[:, :3].clone().requires_grad_(), rows[:, :3])
    torch.testing.assert_close(again.detach(), kernel(rows[:, :3], rows[:, :3]))
    assert again.requires_grad


def test_of_a_wide_network_it_is_that_of_infinite_width():
    """One hidden layer of ReLU from the start of He: arc-cosine kernels (Cho & Saul 2009)."""
    width = 20_000
    learner = NetworkLearner(
        partial(mlp, 3, (width,), 1, nn.ReLU), 1, 1, 0.1, categorical=False, start="he"
    )
    x = normal(5, 3)
    rows = torch.cat([x, x[:, :1]], dim=1)
    got = NTK.drawn(learner, rows, num_starts=1, generator=new_generator())(x, x).numpy()
    x = x.numpy()
    lengths = np.outer(*[np.linalg.norm(x, axis=1)] * 2)
    cosine = np.clip(x @ x.T / lengths, -1, 1)
    angle = np.arccos(cosine)
    stepped = (np.pi - angle) / (2 * np.pi)  # E of both units at work
    moments = lengths * (np.sin(angle) + (np.pi - angle) * cosine) / (2 * np.pi) * 2 / 3
    # A unit's own weights and bias, then those of the last layer, of which there are `width`.
    expected = 2 * stepped * (x @ x.T + 1) + width * moments + 1
    np.testing.assert_allclose(got, expected / np.diag(expected).mean(), rtol=0.03, atol=0.01)
