"""Which modules of torch are refused as learners, and what is said of them."""

import pytest
import torch
from torch import nn

from ddlib.learners.network import NetworkLearner, mlp


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def refusal(architecture):
    """What the learner says of a module: when it is made, or before its first step."""

    def start():
        NetworkLearner(architecture, 2, 1, 0.1).initial(torch.zeros(2, 5), generator=seeded())

    with pytest.raises(ValueError, match=r"^architecture: ") as error:
        start()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (nn.Dropout(0.25), "'1', a Dropout, has p = 0.25, which draws at random; use p = 0"),
        (nn.BatchNorm1d(4), "'1', a BatchNorm1d, depends on the batch; use LayerNorm or GroupNorm"),
        (nn.RReLU(), "'1', a RReLU, draws at random; use LeakyReLU"),
        (nn.LSTM(4, 4, 2, dropout=0.5), "'1', a LSTM, has dropout = 0.5"),
        (nn.LazyLinear(4), "parameter '1.weight' has no size yet; must be made with its width"),
        (nn.MultiheadAttention(4, 1), "'1', a MultiheadAttention, has parameters and no "
         "reset_parameters; must have it, or give a function that makes the module"),
        (nn.Linear(4, 4).requires_grad_(False), "parameter '1.weight' is frozen; must be learnt"),
    ],
)  # fmt: skip
def test_parts_are_refused_by_name(part, told):
    assert told in refusal(nn.Sequential(nn.Linear(3, 4), part, nn.Linear(4, 2)))


def test_no_batch_statistics_of_which_no_count_is_kept_are_refused():
    told = refusal(nn.Sequential(nn.BatchNorm1d(3, track_running_stats=False), nn.Linear(3, 2)))
    assert "'0', a BatchNorm1d, depends on the batch" in told


def test_a_dropout_without_effect_is_no_fault():
    first, last = nn.Linear(3, 4), nn.Linear(4, 2)
    rows = torch.tensor([[1.0, 2.0, 3.0, 1.0, 0.0], [0.0, -1.0, 1.0, 0.0, 1.0]])
    found, wanted = (
        NetworkLearner(module, 2, 3, 0.1)(rows, generator=seeded())
        for module in (nn.Sequential(first, nn.Dropout(0.0), last), nn.Sequential(first, last))
    )
    assert torch.equal(found, wanted)


def test_all_faults_are_told_at_once():
    told = refusal(nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.BatchNorm1d(4)))
    assert "'1', a Dropout" in told
    assert "'2', a BatchNorm1d" in told


class Odd(nn.Module):
    """A linear map, but for what it does to its outputs."""

    def __init__(self, change, dim=3):
        super().__init__()
        self.linear, self.change = nn.Linear(dim, 2), change
        self.register_buffer("count", torch.zeros(()))

    def forward(self, inputs):
        return self.change(self, self.linear(inputs))


def count(module, outputs):
    module.count += 1
    return outputs


ODD = {
    "inner', a Odd, gives other outputs in training than in use": lambda module, outputs: (
        nn.functional.dropout(outputs, 0.5, training=module.training)
    ),
    "gives other outputs at each pass; must draw nothing": lambda module, outputs: (
        outputs + torch.randn_like(outputs)
    ),
    "buffer 'inner.count' changes as inputs pass; must be constant": count,
    "returns a tuple; must return a tensor of outputs": lambda module, outputs: (outputs,),
    "gives outputs of shape (2,) for 2 rows; must be (2, 2)": lambda module, outputs: outputs[:, 0],
}


class Outer(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.inner = Odd(change)

    def forward(self, inputs):
        return self.inner(inputs)


@pytest.mark.parametrize("told", ODD)
def test_what_a_pass_shows_is_refused_before_any_step(told):
    module, before = Outer(ODD[told]), torch.random.get_rng_state()
    assert told in refusal(module)
    assert torch.equal(before, torch.random.get_rng_state())


def test_another_width_is_told_with_both_numbers():
    told = refusal(mlp(3, (4,), 5, nn.Tanh))
    assert told == "architecture: gives 5 outputs per row; must be num_responses = 2"


def test_inputs_that_do_not_fit_are_told():
    told = refusal(mlp(7, (4,), 2, nn.Tanh))
    assert "fails on inputs of shape (2, 3) and torch.float32, RuntimeError: mat1" in told
    assert told.endswith("must map inputs (m, 3) to outputs (m, 2)")


def test_another_width_of_rows_is_tried_anew():
    learner = NetworkLearner(mlp(3, (4,), 2, nn.Tanh), 2, 1, 0.1)
    learner(torch.zeros(2, 5), generator=seeded())
    with pytest.raises(ValueError, match=r"^architecture: fails on inputs of shape \(2, 4\)"):
        learner(torch.zeros(2, 6), generator=seeded())


def random_buffer():
    module = nn.Linear(3, 2)
    module.register_buffer("features", torch.randn(3))
    return module


def numpy_weights():
    module = nn.Linear(3, 2)
    numpy_weights.calls += 1
    nn.init.constant_(module.weight, numpy_weights.calls)
    return module


numpy_weights.calls = 0
ONE = nn.Linear(3, 2)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda: ONE, "makes one module again and again; must make a new one per call"),
        (random_buffer, "buffer 'features' is drawn anew per call; must be constant"),
        (numpy_weights, "makes another module from the same seed; must draw by torch alone"),
        (lambda: nn.Tanh(), "has no parameters; must have some to learn"),
    ],
)
def test_functions_that_make_no_start_are_refused(function, told):
    assert told in refusal(function)


@pytest.mark.parametrize(
    ("architecture", "told"),
    [
        (3, "a int; must be a torch.nn.Module or a function that makes one"),
        (lambda: 3, "makes a int; must make a torch.nn.Module"),
        (nn.Linear, "fails without arguments"),
    ],
)
def test_what_makes_no_module_is_refused(architecture, told):
    with pytest.raises(TypeError, match=f"^architecture: {told}"):
        NetworkLearner(architecture, 2, 1, 0.1)
