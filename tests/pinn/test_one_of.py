"""The learner that is one of several."""

from dataclasses import dataclass, replace

import pytest
import torch

from ddlib.pinn import RobinPoisson
from ddlib.pinn.collocation import nowhere
from ddlib.pinn.one_of import OneOf
from ddlib.problem import learns_batches
from tests.pinn.small_tasks import seeded, task_of


@dataclass(frozen=True)
class Named:
    """A learner that returns its name, and one random number where there is a generator."""

    name: str
    batched: bool = True

    def __call__(self, rows, *, generator=None):
        return self.name, torch.rand((), generator=generator).item()


def test_each_learner_is_drawn_about_equally_often():
    either, generator = OneOf((Named("a"), Named("b"), Named("c"))), seeded()
    drawn = [either(None, generator=generator)[0] for _ in range(3000)]
    # The standard error of a count is 26.
    assert all(abs(drawn.count(name) - 1000) < 130 for name in "abc")


def test_a_seed_is_a_learner_and_its_draw():
    either = OneOf((Named("a"), Named("b")))
    drawn = [either(None, generator=seeded(seed)) for seed in range(50)]
    assert drawn == [either(None, generator=seeded(seed)) for seed in range(50)]
    assert {name for name, _ in drawn} == {"a", "b"}
    assert len({number for _, number in drawn}) == 50


def test_all_sets_of_a_batch_get_the_same_learner_and_draw():
    task = task_of(RobinPoisson())
    either = OneOf((task.pinn, replace(task.pinn, policy=nowhere(task.problem))))
    sets = torch.stack([task.data.training[i : i + 5] for i in range(0, 20, 5)])
    points, plain = task.problem.limits(), []
    for seed in range(6):
        models = either(sets, generator=seeded(seed))
        alone = [either(rows, generator=seeded(seed))(points) for rows in sets]
        torch.testing.assert_close(models(points), torch.stack(alone), atol=1e-8, rtol=0)
        generator = seeded(seed)
        plain.append(bool(torch.randint(2, (), generator=generator)))
        expected = either.learners[plain[-1]](sets, generator=generator)
        assert torch.equal(models.coefficients, expected.coefficients)
    assert len(set(plain)) == 2


@pytest.mark.parametrize("learners", [(), (Named("a"), Named("b", batched=False)), (len,)])
def test_learners_must_be_there_and_batched(learners):
    with pytest.raises(ValueError, match=r"learners = \(.*\): must be at least one, all batched"):
        OneOf(learners)


def test_one_of_is_itself_batched():
    assert learns_batches(OneOf((OneOf((Named("a"),)),)))
