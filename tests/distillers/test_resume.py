"""A run that was left and resumed is, to the last bit, one without a break."""

import io
from dataclasses import replace
from functools import partial
from itertools import count

import pytest
import torch
from torch.optim import SGD, Adam

from ddlib.distillers import DISTILLERS, FirstOrder, GradientMatching, ZerothOrder
from ddlib.distillers.descent import AnnealedAdam
from ddlib.learners.ridge import Ridge
from ddlib.problem import (
    DivergedRun,
    InterruptedRun,
    Layout,
    Part,
    ValidationCriterion,
    distill,
)
from tests.distillers.test_conformance import ONCE, PROBLEMS, each_pair_that_runs, problem_for

NUM_STEPS, EVERY = 6, 2
FEW = 4  # as many as leave a run at a snapshot and between two, each early and late
# Two of what is drawn many times show what a run has to keep.
TWO = {
    "trajectory matching": {"num_experts": 2},
    "trajectory matching, learnt step size": {"num_experts": 2},
    "zeroth-order": {"num_directions": 2},
}


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
    whole = distill(problem, method, num_steps=FEW, generator=whole_generator, **settings)
    for left in range(FEW + 1):
        part = whole  # which is the run that is left after its last step
        if left < FEW:
            part = distill(problem, method, num_steps=left, generator=new_generator(), **settings)
        kept = saved_and_loaded(part)
        generator = new_generator(99)  # another process: it does not stand where the run did
        again = left == FEW - 1  # what is resumed is left as it was
        for _ in range(1 + again):
            resumed = distill(
                problem, method, num_steps=FEW, generator=generator, resume=kept, **settings
            )
            assert_same(resumed, whole)
            assert generator.get_state().equal(whole_generator.get_state())


@each_pair_that_runs
def test_a_resumed_run_is_the_one_without_a_break(name, which):
    check_resumed(PROBLEMS[which](), replace(DISTILLERS[name], **TWO.get(name, {})))


@pytest.mark.parametrize(
    "method",
    [
        FirstOrder(partial(AnnealedAdam, lr=0.05, num_steps=FEW)),
        FirstOrder(partial(SGD, lr=0.01, momentum=0.9)),
        FirstOrder(partial(Adam, lr=0.05, amsgrad=True)),
        ZerothOrder(0.1, 2, learn_from="all", optimizer=partial(SGD, lr=0.01, momentum=0.9)),
        ZerothOrder(0.1, optimizer=partial(AnnealedAdam, lr=0.05, num_steps=FEW)),
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

    The initial set is projected once, to see that it can be. The set of a step is projected by the
    method, by some twice, and then by the check.
    """
    problem, calls = problem_for(name), 0

    def interrupting(rows):
        nonlocal calls
        calls += 1
        if calls == 12:
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


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"initial": 0.5}, "initial"),
        ({"training": 0.5}, "training"),
        ({"training": None}, "training"),
        ({"layout": Layout(1)}, "layout"),
        ({"learner": Ridge(2, penalty=0.2)}, "learner"),
        ({"parts": (slice(0, 2), slice(2, 6))}, "spans of parts"),
        ({"initial": 0.5, "layout": Layout(1)}, "initial, layout"),
    ],
)
def test_a_run_of_another_problem_is_not_resumed(change, named):
    problem, method = PROBLEMS["ridge"](), FirstOrder()
    start = distill(problem, method, num_steps=2, generator=new_generator())
    change = dict(change)
    for name in change.keys() & {"initial", "training"}:
        change[name] = change[name] and change[name] * getattr(problem, name)
    if "parts" in change:
        change["parts"] = tuple(Part(span, problem.criterion) for span in change["parts"])
    other = replace(problem, **change)
    with pytest.raises(ValueError, match=f"^resume: a run with another {named}; must be of this"):
        distill(other, method, num_steps=3, generator=new_generator(), resume=start)


@pytest.mark.parametrize("left", [3, 5])
def test_a_run_that_is_resumed_where_no_snapshot_is_due_can_be_left_and_resumed_again(left):
    problem, method = PROBLEMS["ridge"](), FirstOrder()
    settings = {"every": 2, "validation": ValidationCriterion(problem.criterion)}
    whole = distill(problem, method, num_steps=NUM_STEPS, generator=new_generator(), **settings)
    part = distill(problem, method, num_steps=left, generator=new_generator(), **settings)

    def resumed(problem, num_steps, resume):
        return distill(
            problem, method, num_steps=num_steps, generator=new_generator(), resume=resume,
            **settings,
        )  # fmt: skip

    again = resumed(problem, left, part)
    assert_same(again, part)
    assert again.cost == part.cost
    calls = count()

    def diverging(rows):
        return rows / 0 if next(calls) else rows

    with pytest.raises(DivergedRun, match=f"^FirstOrder, step {left + 1}: rows: not ") as caught:
        resumed(replace(problem, feasible=diverging), NUM_STEPS, again)
    assert [s.step for s in caught.value.run.snapshots] == [s.step for s in part.snapshots]
    assert_same(resumed(problem, NUM_STEPS, caught.value.run), whole)


def test_snapshots_that_the_run_lacks_are_asked_of_no_run():
    problem, method = PROBLEMS["ridge"](), FirstOrder()
    start = distill(problem, method, num_steps=4, generator=new_generator(), every=2)
    with pytest.raises(ValueError, match="every = 1: the run to resume has no snapshot at step 1"):
        distill(problem, method, num_steps=6, generator=new_generator(), every=1, resume=start)
