"""What `distill` holds a method to, and what it gives back of a run that does not finish."""

import pickle
import warnings
from itertools import count

import pytest
import torch

from ddlib.problem import (
    DistillationProblem,
    DivergedRun,
    InterruptedRun,
    Resumable,
    TrainingCriterion,
    ValidationCriterion,
    distill,
)

WRONG_AT = 3


def mean_learner(rows, *, generator=None):
    return rows.mean(0)


def squared_norm(model):
    return model.square().sum()


JUDGE = ValidationCriterion(squared_norm)


def make(feasible=lambda rows: rows):
    criterion = TrainingCriterion(squared_norm)
    return DistillationProblem(mean_learner, criterion, torch.full((2, 1), -3.0), feasible=feasible)


class Walk:
    """A distiller that adds a random number each step; at one step `wrong` has its way."""

    departs = ("law",)
    one_shot = False

    def __init__(self, wrong=lambda rows: rows):
        self.wrong = wrong

    def steps(self, problem, *, generator):
        rows = problem.initial
        for step in count(1):
            rows = rows + torch.randn(1, generator=generator)
            yield self.wrong(rows) if step == WRONG_AT else rows


def run(wrong=lambda rows: rows, problem=None, seed=0, **settings):
    generator = torch.Generator().manual_seed(seed)
    problem = make() if problem is None else problem
    return distill(problem, Walk(wrong), generator=generator, **{"num_steps": 7} | settings)


def raises(error):
    def fail(rows):
        raise error

    return fail


def same(ours, theirs):
    pairs = zip(ours.snapshots, theirs.snapshots, strict=True)
    return all(a.step == b.step and a.rows.equal(b.rows) for a, b in pairs)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda rows: rows.tolist(), r"^Walk, step 3: rows are a list; must be a Tensor$"),
        (lambda rows: rows[:1], r"^Walk, step 3: rows: shape \(1, 1\); must be \(2, 1\)"),
        (lambda rows: rows + 9, r"^Walk, step 3: rows are not feasible; must be what"),
    ],
)
def test_a_set_that_is_none_of_the_problem_is_refused(wrong, message):
    boxed = make(lambda rows: rows.clamp(-8, 5))
    with pytest.raises(ValueError, match=message):
        run(wrong, boxed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_projection_may_round(dtype):
    """Rows of unit length, times a number: not one of the two is the same to the last bit."""
    rows = torch.randn(50, 3, dtype=dtype, generator=torch.Generator().manual_seed(0))
    problem = DistillationProblem(
        mean_learner, TrainingCriterion(squared_norm), rows,
        feasible=lambda rows: 7 * rows / rows.norm(dim=1, keepdim=True),
    )  # fmt: skip

    class Project(Walk):
        def steps(self, problem, *, generator):
            yield problem.feasible(problem.initial)

    projected = (
        distill(problem, Project(), num_steps=1, generator=torch.Generator()).snapshots[-1].rows
    )
    assert not problem.feasible(projected).equal(projected)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (lambda rows: rows / 0, "rows: not finite; take a smaller step size"),
        (lambda rows: rows * torch.nan, "rows: not finite; take a smaller step size"),
        (raises(FloatingPointError("theta: singular")), "theta: singular"),
        (raises(torch.linalg.LinAlgError("cholesky: no")), "cholesky: no"),
    ],
)
def test_a_run_that_diverges_raises_and_gives_what_there_was(wrong, cause):
    with pytest.raises(FloatingPointError, match=f"^Walk, step 3: {cause}$") as caught:
        run(wrong)
    assert isinstance(caught.value, DivergedRun)
    part = caught.value.run
    assert part.ended == "diverged"
    assert same(part, run(num_steps=2))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert same(again.run, part)


def test_a_look_at_which_a_model_diverges_is_named():
    def score(model):
        if model.item() != -3:
            raise FloatingPointError("theta: singular")
        return model.sum()

    with pytest.raises(DivergedRun, match=r"^Walk, validation after step 2: theta: singular$"):
        run(validation=ValidationCriterion(score), every=2)


def test_an_error_of_a_callback_is_not_a_divergence():
    with pytest.raises(FloatingPointError, match=r"^of the callback$") as caught:
        run(callback=raises(FloatingPointError("of the callback")))
    assert not isinstance(caught.value, DivergedRun)


@pytest.mark.parametrize("every", [1, 2, 100])
def test_an_interrupt_is_raised_with_the_run_up_to_the_last_whole_step(every):
    with pytest.raises(KeyboardInterrupt, match="Walk: interrupted after step 2 of 7") as caught:
        run(raises(KeyboardInterrupt()), every=every)
    assert isinstance(caught.value, InterruptedRun)
    assert caught.value.run.ended == "interrupted"
    assert same(caught.value.run, run(num_steps=2, every=every))


def test_an_interruptible_run_is_returned_with_a_warning():
    with pytest.warns(UserWarning, match="Walk: interrupted after step 2 of 7") as caught:
        part = run(raises(KeyboardInterrupt()), interruptible=True)
    assert caught[0].filename == __file__
    assert part.ended == "interrupted"
    assert same(part, run(num_steps=2))


@pytest.mark.parametrize("interruptible", [True, False])
def test_an_interrupt_of_the_first_look_gives_the_initial_set(interruptible):
    settings = {"interruptible": interruptible, "callback": raises(KeyboardInterrupt())}
    if interruptible:
        with pytest.warns(UserWarning, match="interrupted after step 0 of 7"):
            part = run(**settings)
    else:
        with pytest.raises(InterruptedRun) as caught:
            run(**settings)
        part = caught.value.run
    assert [snapshot.step for snapshot in part.snapshots] == [0]
    assert same(run(seed=1, resume=part), run())


def test_a_second_interrupt_leaves_the_last_set_unjudged():
    looks = count()

    def criterion(model):
        if next(looks) > 0:
            raise KeyboardInterrupt
        return squared_norm(model)

    with pytest.raises(InterruptedRun) as caught:
        run(wrong=raises(KeyboardInterrupt()), every=10, validation=ValidationCriterion(criterion))
    first, last = caught.value.run.snapshots
    assert (first.step, last.step) == (0, WRONG_AT - 1)
    assert last.validation is None
    assert caught.value.run.chosen is first


def test_a_criterion_that_changes_its_model_changes_no_rows():
    spoils = ValidationCriterion(lambda model: model.mul_(0).sum())
    problem = DistillationProblem(
        lambda rows, *, generator=None: rows, make().criterion, make().initial
    )
    assert same(run(problem=problem, validation=spoils), run(problem=problem))


def test_a_run_to_the_end_is_finished_and_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(interruptible=True).ended == "finished"


@pytest.mark.parametrize("every", [1, 3])
def test_a_callback_sees_each_snapshot_and_changes_nothing(every):
    seen, generator = [], torch.Generator().manual_seed(0)

    def meddle(snapshot):
        seen.append((snapshot.step, snapshot.rows.clone(), snapshot.validation))
        snapshot.rows.zero_()
        torch.randn(5, generator=generator)

    validation = ValidationCriterion(squared_norm)
    settings = {"num_steps": 7, "every": every, "validation": validation}
    watched = distill(make(), Walk(), generator=generator, callback=meddle, **settings)
    alone = run(**settings)
    assert same(watched, alone)
    assert [step for step, *_ in seen] == [s.step for s in alone.snapshots]
    for (_, rows, value), snapshot in zip(seen, alone.snapshots, strict=True):
        assert rows.equal(snapshot.rows)
        assert value == snapshot.validation


def test_a_callback_can_stop_a_run():
    def stop(snapshot):
        if snapshot.step == 4:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="after step 4"):
        part = run(callback=stop, interruptible=True)
    assert same(part, run(num_steps=4))


def test_a_bar_counts_the_steps_on_standard_error(capsys):
    watched = run(progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Walk" in err
    assert "7/7" in err
    assert same(watched, run())
    assert capsys.readouterr().err == ""


def test_a_method_without_a_state_is_not_resumed():
    part = run(num_steps=2)
    assert not isinstance(Walk().steps(make(), generator=torch.Generator()), Resumable)
    with pytest.raises(ValueError, match="resume: Walk gives no state; must be a method whose"):
        run(resume=part)


class Other(Walk):
    """The same method by another name."""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_steps": 1}, "resume: Walk gives no state"),
        ({"problem": DistillationProblem(mean_learner, make().criterion, torch.ones(2, 1))},
         "^resume: a run with another initial; must be of this problem$"),
        ({"validation": ValidationCriterion(lambda model: 2 * squared_norm(model))},
         "validation: 18 for the initial set, 9 in the run that is resumed; must be the same"),
        ({}, "validation: must be given, or not"),
    ],
)  # fmt: skip
def test_another_run_is_not_resumed(settings, message):
    judged = {} if settings.keys() & {"num_steps", "problem"} else {"validation": JUDGE}
    start = run(num_steps=2 if settings.keys() == {"num_steps"} else 0, **judged)
    with pytest.raises(ValueError, match=message):
        run(resume=start, **settings)


def test_a_run_of_another_method_is_not_resumed():
    with pytest.raises(ValueError, match="resume: a run of Walk; must be of Other"):
        distill(make(), Other(), num_steps=3, generator=torch.Generator(), resume=run(num_steps=0))


def test_a_run_that_had_no_step_is_resumed_from_its_start():
    assert same(run(seed=1, resume=run(num_steps=0)), run())
