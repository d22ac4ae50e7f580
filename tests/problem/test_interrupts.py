"""What an interrupt leaves of a run, whenever it comes, and which step a message names."""

from itertools import count

import pytest
import torch

from ddlib.problem import DivergedRun, InterruptedRun, ValidationCriterion, distill
from tests.problem.test_contract import JUDGE, Walk, make, raises, run, same, squared_norm


class Drift:
    """A method with a state, whose rows after step n are the initial rows plus n."""

    departs = ("law",)
    one_shot = False

    def __init__(self, wrong_at=None):
        self.wrong_at = wrong_at

    def __repr__(self):
        return "Drift()"

    def steps(self, problem, *, generator):
        return Drifting(problem.initial, self.wrong_at)


class Drifting:
    def __init__(self, rows, wrong_at):
        self.rows, self.step, self.wrong_at = rows, 0, wrong_at

    def __iter__(self):
        return self

    def __next__(self):
        self.step += 1
        return self.rows / 0 if self.step == self.wrong_at else self.rows + self.step

    def state_dict(self):
        return {"step": self.step}

    def load_state_dict(self, state):
        self.step = state["step"]


def drift(wrong_at=None, **settings):
    settings = {"num_steps": 7, "generator": torch.Generator()} | settings
    return distill(make(), Drift(wrong_at), **settings)


def judge_interrupted(*calls):
    """Return a criterion that is interrupted at some of its calls, counted from 0."""
    looks = count()

    def score(model):
        if next(looks) in calls:
            raise KeyboardInterrupt
        return squared_norm(model)

    return ValidationCriterion(score)


def test_two_interrupts_of_the_first_look_leave_the_initial_set_unjudged():
    with pytest.raises(InterruptedRun, match="interrupted after step 0 of 7") as caught:
        run(validation=judge_interrupted(0, 1))
    part = caught.value.run
    assert [snapshot.validation for snapshot in part.snapshots] == [None]
    assert part.rows.equal(make().initial)
    resumed, whole = run(resume=part, seed=1, validation=JUDGE), run(validation=JUDGE)
    assert same(resumed, whole)
    assert [s.validation for s in resumed.snapshots] == [s.validation for s in whole.snapshots]
    assert resumed.cost == whole.cost


@pytest.mark.parametrize("interruptible", [True, False])
def test_an_interrupt_while_a_run_is_taken_up_loses_nothing_of_it(interruptible):
    part = drift(num_steps=5, every=2, validation=JUDGE)
    settings = {"validation": judge_interrupted(0), "resume": part, "every": 2}
    if interruptible:
        with pytest.warns(UserWarning, match="Drift: interrupted after step 5 of 7"):
            left = drift(interruptible=True, **settings)
    else:
        with pytest.raises(InterruptedRun, match="Drift: interrupted after step 5 of 7") as caught:
            drift(**settings)
        left = caught.value.run
    assert left.ended == "interrupted"
    assert same(left, part)
    assert left.cost == part.cost
    resumed, whole = (drift(validation=JUDGE, every=2, resume=r) for r in (left, None))
    assert same(resumed, whole)


def test_a_divergence_names_the_step_that_it_is_of():
    with pytest.raises(DivergedRun, match=r"^Drift, step 1: rows: not finite"):
        drift(wrong_at=1)
    with pytest.raises(DivergedRun, match=r"^Drift, step 5: rows: not finite"):
        drift(wrong_at=5, resume=drift(num_steps=4))


def test_a_first_look_that_diverges_leaves_the_initial_set():
    judge = ValidationCriterion(raises(FloatingPointError("theta: singular")))
    with pytest.raises(DivergedRun, match=r"^Walk, validation after step 0: theta: sing") as caught:
        run(validation=judge)
    assert caught.value.run.rows.equal(make().initial)


class InPlace(Walk):
    """A method that moves the set that it has yielded, then is interrupted."""

    def steps(self, problem, *, generator):
        rows = problem.initial.clone()
        yield rows
        rows += 5
        raise KeyboardInterrupt


def test_the_set_of_a_step_is_what_it_was_when_it_was_yielded():
    with pytest.raises(InterruptedRun) as caught:
        distill(make(), InPlace(), num_steps=3, generator=torch.Generator(), every=10)
    assert caught.value.run.snapshots[-1].step == 1
    assert caught.value.run.rows.equal(make().initial)
