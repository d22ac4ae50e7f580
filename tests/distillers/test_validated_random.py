"""Validated random subsets against subsets drawn and judged one by one."""

from functools import partial

import pytest
import torch

from ddlib.distillers import DISTILLERS, RandomSubset, ValidatedRandom
from ddlib.distillers.descent import with_optimizer
from ddlib.problem import NotApplicable, ValidationCriterion, distill
from tests.distillers.test_conformance import PROBLEMS

NUM_STEPS = 12


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def value_of(problem, rows):
    """Of a learner that draws nothing."""
    return problem.criterion(problem.learner(rows)).item()


def candidates(problem, seed=3):
    """The initial set, and subsets that one generator draws one after the other."""
    generator = new_generator(seed)
    drawn = [list(RandomSubset().steps(problem, generator=generator)) for _ in range(NUM_STEPS)]
    return [problem.initial, *(rows for (rows,) in drawn)]


@pytest.mark.parametrize(("every", "looks"), [(1, range(13)), (5, (0, 5, 10, 12))])
def test_the_best_of_the_subsets_that_were_looked_at_is_chosen(every, looks):
    problem = PROBLEMS["ridge"]()
    sets = candidates(problem)
    values = {step: value_of(problem, sets[step]) for step in looks}
    run = distill(
        problem, ValidatedRandom(), num_steps=NUM_STEPS, every=every, generator=new_generator(3),
        validation=ValidationCriterion(problem.criterion),
    )  # fmt: skip
    assert [s.step for s in run.snapshots] == list(looks)
    assert run.chosen.step == min(values, key=values.get)
    assert run.rows.equal(sets[run.chosen.step])


def test_without_validation_the_last_subset_is_taken():
    problem = PROBLEMS["ridge"]()
    run = distill(problem, ValidatedRandom(), num_steps=NUM_STEPS, generator=new_generator(3))
    assert run.rows.equal(candidates(problem)[-1])


def test_it_has_no_step_size_and_says_so():
    with pytest.raises(NotApplicable, match=r"^distiller: ValidatedRandom has no optimizer"):
        with_optimizer(DISTILLERS["validated random"], partial(torch.optim.Adam, lr=0.1))
