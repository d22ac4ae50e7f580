"""Bytes that graphs keep, against what each operation is known to save."""

import pytest
import torch

from ddlib.problem.graph_memory import graph_memory


def test_what_exp_keeps_is_its_result():
    x = torch.zeros(100, dtype=torch.float64, requires_grad=True)
    with graph_memory() as memory:
        y = x.exp()
        assert (memory.live, memory.peak) == (800, 800)
        z = y.exp()
        assert (memory.live, memory.peak) == (1600, 1600)
    z.sum().backward()
    torch.testing.assert_close(x.grad, torch.full_like(x, torch.e))
    del y, z
    assert (memory.live, memory.peak) == (0, 1600)


@pytest.mark.parametrize("sizes", [(10, 100), (100, 10)])
def test_the_peak_of_two_graphs_in_turn_is_the_larger_one(sizes):
    with graph_memory() as memory:
        for size in sizes:
            y = torch.zeros(size, dtype=torch.float64, requires_grad=True).exp()
            del y
            assert memory.live == 0
    assert memory.peak == 800


def test_a_graph_that_was_kept_for_a_second_derivative_is_let_go():
    x = torch.ones(100, dtype=torch.float64, requires_grad=True)
    with graph_memory() as memory:
        y = x.exp().sum()
        (first,) = torch.autograd.grad(y, x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    torch.testing.assert_close(second, x.exp())
    assert memory.live > 0
    del y, first, second
    assert memory.live == 0


def test_without_a_gradient_nothing_is_kept():
    with graph_memory() as memory:
        y = torch.zeros(100).exp()
    assert memory.peak == 0
    assert y.sum() == 100
