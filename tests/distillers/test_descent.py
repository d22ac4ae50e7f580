"""The annealed step against plain Adam and against torch's schedule."""

from dataclasses import dataclass
from functools import partial
from math import cos, pi

import pytest
import torch
from torch.optim import Adam
from torch.optim.lr_scheduler import CosineAnnealingLR

from ddlib.distillers import DISTILLERS, FirstOrder
from ddlib.distillers.descent import AnnealedAdam, descends, with_optimizer
from ddlib.problem import DistillationProblem, NotApplicable, TrainingCriterion, distill

START = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)


def slope(rows):
    """The gradient of a badly scaled quadratic with some curvature of its own."""
    return torch.tensor([1.0, 10.0, 0.1], dtype=torch.float64) * rows + rows**3


def trajectory(make, num_steps, schedule=None):
    """The rows after each step."""
    rows = START.clone().requires_grad_()
    optimizer = make([rows])
    scheduler = schedule(optimizer) if schedule else None
    path = []
    for _ in range(num_steps):
        rows.grad = slope(rows.detach())
        optimizer.step()
        if scheduler:
            scheduler.step()
        path.append(rows.detach().clone())
    return torch.stack(path)


def annealed(num_steps, lr=0.05):
    return partial(AnnealedAdam, lr=lr, num_steps=num_steps)


def test_the_first_step_is_adam_s():
    first = trajectory(annealed(10), 1)
    assert torch.equal(first, trajectory(partial(Adam, lr=0.05), 1))
    # Adam's first step is the step size along the gradient's sign.
    torch.testing.assert_close(START - first[0], 0.05 * slope(START).sign(), atol=1e-8, rtol=0)


@pytest.mark.parametrize("num_steps", [1, 2, 7, 300])
def test_a_whole_run_is_that_of_torch_s_schedule(num_steps):
    expected = trajectory(
        partial(Adam, lr=0.05), num_steps, lambda o: CosineAnnealingLR(o, T_max=num_steps)
    )
    found = trajectory(annealed(num_steps), num_steps)
    torch.testing.assert_close(found, expected, atol=1e-11, rtol=0)
    constant = trajectory(partial(Adam, lr=0.05), num_steps)
    assert torch.equal(found[0], constant[0])
    assert num_steps == 1 or not torch.allclose(found[-1], constant[-1], atol=1e-4)


def test_the_step_size_after_k_steps_is_the_cosine_s():
    """With the gradient's sign kept and its size the same, Adam moves by its step size."""
    rows = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = AnnealedAdam([rows], lr=0.3, num_steps=8)
    for k in range(8):
        before, rows.grad = rows.item(), torch.ones_like(rows)
        optimizer.step()
        expected = 0.3 * (1 + cos(pi * k / 8)) / 2
        assert before - rows.item() == pytest.approx(expected, rel=1e-6), k


def test_after_the_last_step_nothing_moves():
    path = trajectory(annealed(5), 9)
    assert not torch.equal(path[3], path[4])
    assert torch.equal(path[4].expand(4, -1), path[5:])


def test_all_tensors_are_moved_alike():
    """Schedules of several tensors, as of rows and step sizes that are learnt along."""
    first, second = (torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimizer = AnnealedAdam([first, second], lr=0.1, num_steps=3)
    for _ in range(3):
        first.grad, second.grad = slope_of_ones(first), slope_of_ones(second)
        optimizer.step()
    assert torch.equal(first, second)
    assert (first < 1).all()


def slope_of_ones(rows):
    return 2 * rows.detach()


def test_a_closure_is_called_and_its_value_returned():
    rows = START.clone().requires_grad_()
    rows.grad = slope(rows.detach())
    optimizer = AnnealedAdam([rows], lr=0.1, num_steps=3)
    assert optimizer.step(lambda: 4.0) == 4.0


@pytest.mark.parametrize("num_steps", [0, -3])
def test_less_than_one_step_is_refused(num_steps):
    with pytest.raises(ValueError, match=f"num_steps = {num_steps}: must be at least 1"):
        AnnealedAdam([START.clone()], lr=0.1, num_steps=num_steps)


def test_rows_settle_at_the_end_of_a_distillation(generator):
    """Noise of the learner keeps a constant step moving to the end, an annealed one not."""

    def noisy(rows, *, generator):
        return rows + torch.randn(rows.shape, dtype=rows.dtype, generator=generator)

    problem = DistillationProblem(
        noisy, TrainingCriterion(lambda model: model.square().sum()), START[:, None]
    )
    last = {}
    for make in (annealed(200), partial(Adam, lr=0.05)):
        run = distill(problem, FirstOrder(optimizer=make), num_steps=200, generator=generator)
        rows = torch.stack([snapshot.rows for snapshot in run.snapshots[-6:]])
        last[make] = rows.diff(dim=0).abs().max().item()
    still, moving = last.values()
    assert still < moving / 10


@pytest.mark.parametrize("name", sorted(DISTILLERS))
def test_methods_that_descend_take_another_optimizer(name):
    method, optimizer = DISTILLERS[name], partial(Adam, lr=0.1)
    if not descends(method):
        with pytest.raises(NotApplicable, match=f"{type(method).__name__} has no optimizer"):
            with_optimizer(method, optimizer)
    else:
        assert with_optimizer(method, optimizer).optimizer is optimizer
        assert method.optimizer is not optimizer


class Unfinished:
    """A descent whose author forgot the field, or to make it a dataclass."""

    departs, one_shot = ("law",), False
    optimizer = None


@dataclass(frozen=True)
class Misnamed(Unfinished):
    """A descent whose field has another name."""

    step: float = 0.1


@pytest.mark.parametrize("method", [Unfinished(), Misnamed()], ids=lambda m: type(m).__name__)
def test_a_descent_without_the_field_is_its_author_s_mistake_and_no_refusal(method):
    """`NotApplicable` would be stored as a result of the method."""
    message = f"^distiller: {type(method).__name__} has no dataclass field 'optimizer'; must have"
    with pytest.raises(TypeError, match=message):
        with_optimizer(method, partial(Adam, lr=0.1))
