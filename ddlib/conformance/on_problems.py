"""Properties of a method that are looked at on each of the problems that it does not refuse.

Each is a function of a `Subject` and the name of a problem, and else as those in
`ddlib.conformance.properties`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch

from ddlib.conformance.problems import PROBLEMS
from ddlib.conformance.subject import NUM_STEPS, DoesNotApply, Fails, Subject, selected
from ddlib.problem.checks import check_set

LEFT_AFTER = 1  # steps before the break


def keeps_budget_and_type_and_stays_finite(subject: Subject, which: str) -> None:
    """Fail for a set of another shape or type, or one that is not finite or not feasible.

    That is what `distill` holds sets to. A method that is done at once yields one, a descent as
    many as it is asked for; none has a graph behind it.

    Args:
        subject: a method.
        which: name of the problem.
    """
    trial = subject.on(which)
    wanted = 1 if subject.method.one_shot else NUM_STEPS
    if len(trial.sets) != wanted:
        one_shot = subject.method.one_shot
        raise Fails(f"yields {len(trial.sets)} sets; must yield {wanted}, as one_shot = {one_shot}")
    for step, rows in enumerate(trial.sets, 1):
        try:
            check_set(rows, trial.problem, f"step {step}")
        except FloatingPointError as error:
            raise Fails(f"step {step}: {error}") from error
        except ValueError as error:
            raise Fails(str(error)) from error
        if trial.yielded[step - 1].requires_grad:
            raise Fails(f"step {step}: rows require a gradient; must be detached")


def moves_the_rows(subject: Subject, which: str) -> None:
    """Fail for a step that leaves the rows as they were.

    Else the other properties would hold for a method that does nothing.

    Args:
        subject: a method.
        which: name of the problem.
    """
    trial = subject.on(which)
    for step, (before, after) in enumerate(pairwise([trial.problem.initial, *trial.sets]), 1):
        if after.equal(before):
            raise Fails(f"step {step}: moves nothing")


def leaves_its_sets_alone(subject: Subject, which: str) -> None:
    """Fail for a set that a later step changes: each must be a tensor of its own.

    Args:
        subject: a method.
        which: name of the problem.
    """
    trial = subject.on(which)
    for step, (ours, then) in enumerate(zip(trial.yielded, trial.sets, strict=True), 1):
        if not ours.equal(then):
            moved = (ours.detach() - then).abs().max()
            raise Fails(f"the set of step {step} moves later, by {moved:.3g}; must be a clone")


def leaves_the_problem_as_it_was(subject: Subject, which: str) -> None:
    """Fail for a method that changes the initial or the training rows: others start from them.

    Args:
        subject: a method.
        which: name of the problem.
    """
    trial, fresh = subject.on(which), PROBLEMS[which]()
    for name in ("initial", "training"):
        ours, theirs = getattr(trial.problem, name), getattr(fresh, name)
        if not ours.equal(theirs):
            raise Fails(f"{name}: moved by {(ours.detach() - theirs).abs().max():.3g}; must stay")
        if ours.requires_grad:
            raise Fails(f"{name}: requires a gradient now; must stay")


def draws_from_its_generator_alone(subject: Subject, which: str) -> None:
    """Fail for a second run that is not the first to the bit, or one that moves global streams.

    Else a seed does not decide the rows.

    Args:
        subject: a method.
        which: name of the problem.
    """
    first = subject.on(which)
    second = subject.run(PROBLEMS[which]())
    if drawn := (*first.drawn, *second.drawn):
        raise Fails(f"draws from {drawn[0]}'s global stream; must draw from its generator")
    for step, (ours, theirs) in enumerate(zip(first.sets, second.sets, strict=True), 1):
        if not ours.equal(theirs):
            moved = (ours - theirs).abs().max()
            raise Fails(f"step {step}: a second run differs by {moved:.3g}; must be the same")


def leaves_the_process_as_it_was(subject: Subject, which: str) -> None:
    """Fail for a method that prints, or changes a setting of torch for all.

    What commands print is read by others; and the numbers of other methods rest on the settings.
    A `with torch.no_grad()` around a `yield` is such a change.

    Args:
        subject: a method.
        which: name of the problem.
    """
    if left := subject.on(which).left:
        raise Fails("; ".join(left))


def selects_different_rows_of_the_same_classes(subject: Subject, which: str) -> None:
    """Fail for a selection with a row twice, or with other classes than the initial set has.

    Args:
        subject: a method.
        which: name of the problem.
    """
    trial = subject.on(which)
    rows, classes = selected(trial), trial.problem.layout.classes
    if len({*rows}) < len(rows):
        raise Fails(f"{len({*rows})} different rows of {len(rows)}; must be different")
    counts = [torch.bincount(classes(r)).tolist() for r in (trial.problem.initial, trial.sets[0])]
    if counts[0] != counts[1]:
        raise Fails(f"{counts[1]} rows per class; must be {counts[0]}, as the initial set has")


def goes_on_after_a_break_as_without_one(subject: Subject, which: str) -> None:
    """Fail for a run that is left after its first step, saved, and goes on to other rows.

    Steps without `state_dict` and `load_state_dict` cannot be taken up: see `Resumable` in
    `ddlib.problem`.

    Args:
        subject: a method.
        which: name of the problem.
    """
    if subject.method.one_shot:
        raise DoesNotApply("is done at once")
    if not subject.gives_state(which):
        raise DoesNotApply("its steps give no state, so a run that was left begins anew")
    whole = subject.on(which).sets
    after = subject.resumed(PROBLEMS[which](), LEFT_AFTER)
    if len(after) != len(whole):
        raise Fails(f"takes {len(after)} steps after a break in all; must take {len(whole)}")
    for step, (ours, theirs) in enumerate(zip(after, whole, strict=True), 1):
        if not ours.equal(theirs):
            moved = (ours - theirs).abs().max()
            raise Fails(f"step {step}: after a break differs by {moved:.3g}; must be the same")


ON_PROBLEMS: tuple[Callable[[Subject, str], None], ...] = (
    keeps_budget_and_type_and_stays_finite,
    moves_the_rows,
    leaves_its_sets_alone,
    leaves_the_problem_as_it_was,
    draws_from_its_generator_alone,
    leaves_the_process_as_it_was,
    selects_different_rows_of_the_same_classes,
    goes_on_after_a_break_as_without_one,
)
"""Properties that are looked at on each problem."""
