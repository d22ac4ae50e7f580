"""Any module of torch as a learner, against torch's own start and optimiser.

The oracle is the same training written with the module itself and `torch.optim.SGD`.
"""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from ddlib.distillers import DISTILLERS
from ddlib.learners.kernel_ridge import RBF, KernelRidge
from ddlib.learners.logistic import error_rate, soft_cross_entropy
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge
from ddlib.problem import DistillationProblem, TrainingCriterion, distill
from ddlib.problem.rows import Layout
from ddlib.tasks.digits import load_digits_splits, two_moons


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def layer_norm(dim, width, num_outputs):
    return nn.Sequential(
        nn.Linear(dim, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, num_outputs)
    )


def group_norm(dim, width, num_outputs):
    return nn.Sequential(
        nn.Linear(dim, width), nn.GroupNorm(4, width), nn.Tanh(), nn.Linear(width, num_outputs)
    )


def tied(dim, width, num_outputs):
    """A layer that comes twice, and another with its weights."""
    twice, other = nn.Linear(width, width), nn.Linear(width, width)
    other.weight = twice.weight
    return nn.Sequential(
        nn.Linear(dim, width), twice, nn.Tanh(), twice, nn.Tanh(), other,
        nn.Linear(width, num_outputs),
    )  # fmt: skip


class Attention(nn.Module):
    """A transformer over the columns of a row, each a token."""

    def __init__(self, num_outputs=2):
        super().__init__()
        self.embedding = nn.Linear(1, 4)
        self.encoder = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
        self.head = nn.Linear(4, num_outputs)

    def forward(self, inputs):
        return self.head(self.encoder(self.embedding(inputs[..., None])).mean(1))


class Shifted(nn.Module):
    """A module with parameters of its own, and a constant buffer."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.shift = nn.Parameter(torch.ones(3))
        self.register_buffer("scale", torch.tensor([1.0, 2.0, 3.0]))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.normal_(self.shift)

    def forward(self, inputs):
        return self.linear(inputs * self.scale + self.shift)


def rows_of(num_rows, dim, num_responses, *, categorical, dtype=torch.float64):
    rows = torch.randn(num_rows, dim + num_responses, dtype=dtype, generator=seeded(5))
    if categorical:
        rows[:, dim:] = rows[:, dim:].softmax(1)
    return rows


@pytest.mark.parametrize("categorical", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("architecture", [layer_norm, group_norm, tied])
def test_training_against_the_optimiser_of_torch(architecture, dtype, categorical):
    rows = rows_of(9, 3, 2, categorical=categorical, dtype=dtype)
    learner = NetworkLearner(partial(architecture, 3, 8, 2), 2, 7, 0.2, categorical=categorical)
    theta = learner(rows, generator=seeded(3))

    seed = int(torch.randint(2**63 - 1, (), generator=seeded(3)))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = architecture(3, 8, 2).to(dtype)
    measure = soft_cross_entropy if categorical else nn.MSELoss()
    optimiser = torch.optim.SGD(module.parameters(), lr=0.2)
    for _ in range(7):
        optimiser.zero_grad()
        measure(module(rows[:, :3]), rows[:, 3:]).backward()
        optimiser.step()
    assert theta.dtype == dtype
    torch.testing.assert_close(theta, parameters_to_vector(module.parameters()).detach())
    torch.testing.assert_close(learner.predict(theta, rows[:, :3]), module(rows[:, :3]).detach())


@pytest.mark.parametrize("make", [partial(layer_norm, 3, 8, 2), Shifted])
def test_a_module_starts_as_the_function_that_makes_it(make):
    """These draw in the order in which a module is reset, innermost first, when they are made."""
    rows = torch.zeros(1, 5)
    module = make()
    before = parameters_to_vector(module.parameters()).clone()
    theta, made = (
        NetworkLearner(architecture, 2, 1, 0.1).initial(rows, generator=seeded(4))
        for architecture in (module, make)
    )
    assert torch.equal(theta, made)
    assert torch.equal(parameters_to_vector(module.parameters()), before)
    assert not torch.equal(theta, before)


def test_a_module_may_be_changed_or_freed_afterwards():
    module = layer_norm(3, 8, 2)
    learner = NetworkLearner(module, 2, 3, 0.1)
    rows = rows_of(5, 3, 2, categorical=True)
    before = learner(rows, generator=seeded(1))
    module[0] = nn.Linear(1, 1)
    assert torch.equal(learner(rows, generator=seeded(1)), before)


@pytest.mark.parametrize("architecture", [Shifted(), Shifted, Attention])
def test_only_the_generator_is_drawn_from(architecture):
    rows = rows_of(4, 3, 2, categorical=True)
    before = torch.random.get_rng_state()
    learner = NetworkLearner(architecture, 2, 2, 0.1)
    one, same, other = (learner(rows, generator=seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_constant_buffers_take_part():
    rows = rows_of(4, 3, 2, categorical=True)
    learner = NetworkLearner(Shifted(), 2, 2, 0.1)
    theta = learner.initial(rows, generator=seeded())
    module = Shifted().double()
    nn.utils.vector_to_parameters(theta, module.parameters())
    torch.testing.assert_close(
        learner.predict(theta, rows[:, :3]), module(rows[:, :3]), check_dtype=True
    )


def test_tensors_follow_the_rows_to_their_device():
    """The device without memory stands for any other: torch refuses to mix the two."""
    rows = rows_of(4, 3, 2, categorical=True)
    learner = NetworkLearner(Shifted(), 2, 2, 0.1)
    theta = learner.initial(rows, generator=seeded()).to("meta")
    assert learner.predict(theta, rows[:, :3].to("meta")).is_meta
    assert learner.loss(theta, rows.to("meta")).is_meta
    for regression in (Ridge(2, penalty=0.1), KernelRidge(2, RBF(1.0), penalty=0.1)):
        model = regression(rows.to("meta"))
        assert regression.predict(model, rows[:, :3].to("meta")).is_meta


@pytest.mark.parametrize("architecture", [layer_norm, group_norm])
def test_scales_of_one_dimension_do_not_start_at_zero(architecture):
    rows = two_moons(200, noise_std=0.1, generator=seeded())
    test = two_moons(1000, noise_std=0.1, generator=seeded(1))
    learner = NetworkLearner(architecture(2, 32, 2), 2, num_steps=300, step_size=0.5)
    theta = learner(rows, generator=seeded(2))
    assert error_rate(learner.logits(theta, test[:, :2]), test[:, 2:]) <= 0.01


@pytest.mark.parametrize("architecture", [layer_norm, group_norm])
def test_such_networks_learn_the_digits(architecture):
    data = load_digits_splits(generator=seeded())
    learner = NetworkLearner(architecture(64, 64, 10), 10, num_steps=80, step_size=0.5)
    theta = learner(data.training, generator=seeded(1))
    assert error_rate(learner.predict(theta, data.test[:, :64]), data.test[:, 64:]) <= 0.05


NETWORKS = {
    "layer norm": NetworkLearner(partial(layer_norm, 3, 8, 2), 2, 12, 0.2),
    "attention": NetworkLearner(Attention, 2, 12, 0.2),
    "regression": NetworkLearner(partial(mlp, 3, (6,), 2, nn.Tanh), 2, 12, 0.2, categorical=False),
    "one response": NetworkLearner(mlp(3, (6,), 1, nn.Tanh), 1, 12, 0.2, categorical=False),
}
METHODS = ["BPTT", "truncated BPTT", "first-order", "gradient matching", "trajectory matching",
           "zeroth-order", "kernel inducing points", "herding"]  # fmt: skip


@pytest.mark.parametrize("which", NETWORKS)
@pytest.mark.parametrize("method", METHODS)
def test_methods_run_for_any_network(method, which):
    learner = NETWORKS[which]
    k, layout = learner.num_responses, Layout(learner.num_responses, learner.categorical)
    training = rows_of(24, 3, k, categorical=learner.categorical)
    if learner.categorical:
        training[:, 3:] = nn.functional.one_hot(torch.arange(24) % 2, 2)
    criterion = TrainingCriterion(lambda theta: learner.loss(theta, training))
    problem = DistillationProblem(
        learner, criterion, training[:6].clone(), training=training, layout=layout
    )
    run = distill(problem, DISTILLERS[method], num_steps=2, generator=seeded(1))
    assert not run.rows.equal(problem.initial)
