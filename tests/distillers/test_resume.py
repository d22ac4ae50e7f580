"""A run that was left and resumed is, to the last bit, one without a break."""

import io
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch.optim import SGD, Adam

from ddlib.distillers import DISTILLERS, FirstOrder, GradientMatching, ZerothOrder
from ddlib.distillers.descent import AnnealedAdam
from ddlib.problem import InterruptedRun, Part, ValidationCriterion, distill
from tests.distillers.test_conformance import ONCE, PROBLEMS, each_pair_that_runs

NUM_STEPS, EVERY = 6, 2


def new_generator(seed=7):
    return torch.Generator().manual_seed(seed)


def saved_and_loaded(run):
    file = io.BytesIO()
    torch.save(run, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def assert_same(ours, theirs):
    assert ours.ended == theirs.ended == "finished"
    for a, b in zip(ours.snapshots, theirs.snapshots, strict=True):
        assert (a.step, a.validation) == (b.step, b.validation)
        assert a.rows.equal(b.rows)
    assert ours.chosen.step == theirs.chosen.step


def check_resumed(problem, method, **settings):
    """Leave a run after each step in turn, and compare with the run that is not left."""
    settings = {"every": EVERY, "validation": ValidationCriterion(problem.criterion)} | settings
    whole_generator = new_generator()
    whole = distill(problem, method, num_steps=NUM_STEPS, generator=whole_generator, **settings)
    for left in range(NUM_STEPS + 1):
        part = distill(problem, method, num_steps=left, generator=new_generator(), **settings)
        kept = saved_and_loaded(part)
        generator = new_generator(99)  # another process: it does not stand where the run did
        for _ in range(2):  # what is resumed is left as it was
            resumed = distill(
                problem, method, num_steps=NUM_STEPS, generator=generator, resume=kept, **settings
            )
            assert_same(resumed, whole)
            assert generator.get_state().equal(whole_generator.get_state())


@each_pair_that_runs
def test_a_resumed_run_is_the_one_without_a_break(name, which):
    check_resumed(PROBLEMS[which](), DISTILLERS[name])


@pytest.mark.parametrize(
    "method",
    [
        FirstOrder(partial(AnnealedAdam, lr=0.05, num_steps=NUM_STEPS)),
        FirstOrder(partial(SGD, lr=0.01, momentum=0.9)),
        FirstOrder(partial(Adam, lr=0.05, amsgrad=True)),
        ZerothOrder(0.1, 2, learn_from="all", optimizer=partial(SGD, lr=0.01, momentum=0.9)),
        ZerothOrder(0.1, optimizer=partial(AnnealedAdam, lr=0.05, num_steps=NUM_STEPS)),
        GradientMatching(restart=2, inner_steps=1),
    ],
)
def test_so_it_is_with_other_settings(method):
    problem = PROBLEMS["ridge"]()
    parts = (Part(slice(0, 2), problem.criterion), Part(slice(2, 6), problem.criterion))
    check_resumed(replace(problem, parts=parts), method)


@pytest.mark.parametrize("name", sorted(DISTILLERS.keys() - ONCE))
def test_a_run_that_was_interrupted_in_the_middle_of_a_step_goes_on(name):
    """The interrupt comes when the method has drawn and its moments are renewed, but no rows are.

    The set of a step is projected by the method, by some twice, and then by the check.
    """
    problem, calls = PROBLEMS["ridge"](), 0

    def interrupting(rows):
        nonlocal calls
        calls += 1
        if calls == 11:
            raise KeyboardInterrupt
        return rows

    settings = {"num_steps": NUM_STEPS, "every": EVERY}
    broken = replace(problem, feasible=interrupting)
    with pytest.raises(InterruptedRun) as caught:
        distill(broken, DISTILLERS[name], generator=new_generator(), **settings)
    part = caught.value.run
    assert part.ended == "interrupted"
    whole, resumed = (
        distill(problem, DISTILLERS[name], generator=new_generator(), resume=resume, **settings)
        for resume in (None, part)
    )
    assert_same(resumed, whole)


def test_fewer_steps_than_the_run_has_are_refused():
    problem = PROBLEMS["ridge"]()
    part = distill(problem, FirstOrder(), num_steps=3, generator=new_generator())
    with pytest.raises(ValueError, match="num_steps = 2: must be at least the 3 steps of resume"):
        distill(problem, FirstOrder(), num_steps=2, generator=new_generator(), resume=part)


def test_a_run_with_other_settings_is_not_resumed():
    problem = PROBLEMS["ridge"]()
    start = distill(
        problem, FirstOrder(partial(Adam, lr=0.1)), num_steps=2, generator=new_generator()
    )
    for optimizer in (partial(Adam, lr=5.0), partial(SGD, lr=0.1)):
        with pytest.raises(ValueError, match=r"resume: a run of FirstOrder\(.*lr=0.1.*must be of"):
            distill(
                problem, FirstOrder(optimizer), num_steps=3, generator=new_generator(), resume=start
            )


def test_snapshots_that_the_run_lacks_are_asked_of_no_run():
    problem, method = PROBLEMS["ridge"](), FirstOrder()
    start = distill(problem, method, num_steps=4, generator=new_generator(), every=2)
    with pytest.raises(ValueError, match="every = 1: the run to resume has no snapshot at step 1"):
        distill(problem, method, num_steps=6, generator=new_generator(), every=1, resume=start)
