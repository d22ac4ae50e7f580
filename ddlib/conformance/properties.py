"""Properties of a method that are looked at once, or on a problem of their own.

Each is a function of a `Subject`, named after what it says of a method. It returns nothing where
the method has the property, and raises `Fails`, `Advises` or `DoesNotApply` where not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ddlib.conformance.problems import (
    PROBLEMS,
    Opaque,
    boxed,
    ridge_problem,
    unequal_problem,
)
from ddlib.conformance.subject import (
    Advises,
    DoesNotApply,
    Fails,
    Refuses,
    Subject,
    selected,
)
from ddlib.distillers.descent import descends
from ddlib.problem import DistillationProblem, NotApplicable

PARTS = ("criterion", "learner", "law")


def applies_to_a_problem_and_refuses_others_in_one_line(subject: Subject) -> None:
    """Fail where all problems are refused, or one without a reason, or with several lines.

    Of a method that takes no problem the other properties say nothing. Tables show a refusal.

    Args:
        subject: a method.
    """
    refusals = subject.refusals
    for which, reason in refusals.items():
        if len(reason.splitlines()) != 1:
            raise Fails(f"{which}: refuses with {reason!r}; must say in one line what it lacks")
    if refusals.keys() == PROBLEMS.keys():
        raise Fails("; ".join(f"{which}: refuses, {why}" for which, why in refusals.items()))


def says_what_it_departs_from(subject: Subject) -> None:
    """Fail unless `departs` names parts of the formal problem, each once, and one at least.

    The book's table of methods is made of it.

    Args:
        subject: a method.
    """
    departs = subject.method.departs
    if not departs or len(set(departs)) < len(departs) or not {*departs} <= {*PARTS}:
        raise Fails(f"departs = {departs!r}; must be some of {', '.join(PARTS)}, each once")


def is_done_at_once_or_has_a_step_size(subject: Subject) -> None:
    """Fail unless `one_shot`, `descends` and the field `optimizer` fit together.

    Experiments choose the step size on validation rows, and set it by that field.

    Args:
        subject: a method.
    """
    method = subject.method
    if descends(method) and "optimizer" not in _settings(method):
        raise Fails(
            "has no dataclass field optimizer; must have one, or one_shot = True, or "
            "descends = False where its steps have no size"
        )
    if not descends(method) and "optimizer" in _settings(method):
        raise Fails("has a field optimizer, and one_shot or descends say that it has no steps")


def says_what_it_does(subject: Subject) -> None:
    """Advise unless the class has a docstring of its own.

    Who finds a method by its name wants to know what it is; no number depends on it.

    Args:
        subject: a method.
    """
    kind = type(subject.method)
    if not kind.__doc__ or kind.__doc__.startswith(f"{kind.__name__}("):  # as a dataclass has
        raise Advises(f"{kind.__name__} has no docstring; should say what it does")


def has_settings_that_cannot_be_changed(subject: Subject) -> None:
    """Fail unless the method is immutable.

    One object stands under a name for all that ask: a setting changed by one would change the
    numbers of the others. `dataclasses.replace` makes another.

    Args:
        subject: a method.
    """
    method = subject.method
    for setting in sorted(_settings(method) | {"another"}):
        had, before = hasattr(method, setting), getattr(method, setting, None)
        try:
            setattr(method, setting, None)
        except (AttributeError, TypeError):
            continue
        if had:
            setattr(method, setting, before)
        else:
            delattr(method, setting)
        raise Fails(f"{setting} can be set; must be frozen, as a dataclass with frozen=True is")


def keeps_to_a_box_or_refuses_it(subject: Subject) -> None:
    """Fail for an entry beyond the feasible sets, where these are a box.

    Training rows lie in the box of a method that is done at once. A descent gets a box that it
    leaves where there is none; if it does not, nothing can be said.

    Args:
        subject: a method.
    """
    bound = 1.0 if subject.method.one_shot else 0.1
    problem = boxed(PROBLEMS[subject.regression](), bound)
    try:
        trial = subject.run(problem)
    except NotApplicable:
        return
    for step, rows in enumerate(trial.sets, 1):
        if not rows.abs().max() <= bound:
            raise Fails(f"step {step}: an entry of {rows.abs().max():.3g}; must be within {bound}")
    if not subject.method.one_shot:
        free = subject.run(replace(problem, feasible=lambda rows: rows))
        if free.sets[-1].abs().max() <= bound:
            raise DoesNotApply("its rows stay within the box where there is none")


def runs_without_training_rows_or_asks_for_them(subject: Subject) -> None:
    """Fail unless a problem without training rows is distilled, or refused for that reason.

    `training` may be None. `ddlib.distillers.needs.training_rows` asks for the rows.

    Args:
        subject: a method.
    """
    problem = PROBLEMS[subject.regression]()
    _refuses_for("training", subject, replace(problem, training=None))


def takes_a_learner_that_only_learns_or_says_what_it_lacks(subject: Subject) -> None:
    """Fail unless a learner without gradient, loss or right inverse is taken, or refused for it.

    An estimator of scikit-learn is such a learner. What a method needs besides, it asks for: see
    `ddlib.distillers.needs`.

    Args:
        subject: a method.
    """
    _ = subject.regression
    _refuses_for("learner", subject, ridge_problem(Opaque()))


def keeps_labels_that_are_fixed(subject: Subject) -> None:
    """Fail for a label that moves where the feasible sets keep the labels.

    Args:
        subject: a method.
    """
    trial = subject.on("moons")
    responses = trial.problem.layout.responses
    for step, rows in enumerate(trial.sets, 1):
        moved = (responses(rows) - responses(trial.problem.initial)).abs().max()
        if moved > 0:
            raise Fails(f"step {step}: a label moves by {moved:.3g}; must move by 0")


def keeps_free_labels_probabilities(subject: Subject) -> None:
    """Fail for soft labels that are negative, or do not add up to 1, where these are feasible.

    Args:
        subject: a method.
    """
    trial = subject.on("moons, free labels")
    for step, rows in enumerate(trial.sets, 1):
        soft = trial.problem.layout.responses(rows)
        sums = soft.sum(1)
        furthest = sums[(sums - 1).abs().argmax()]
        if not soft.min() >= 0:
            raise Fails(f"step {step}: a label of {soft.min():.3g}; must be at least 0")
        if not abs(furthest - 1) <= 1e-6:
            raise Fails(f"step {step}: labels of a row add up to {furthest:.3g}; must to 1")


def selects_as_many_of_each_class_as_are_wanted(subject: Subject) -> None:
    """Fail for a selection that gives a class another number of rows than the initial set has.

    Args:
        subject: a method.
    """
    selected(subject.on("moons"))
    problem = unequal_problem()
    try:
        trial = subject.run(problem)
    except NotApplicable as refusal:
        raise Refuses(str(refusal)) from refusal
    classes = [problem.layout.classes(rows).tolist() for rows in (problem.initial, trial.sets[0])]
    if classes[0] != classes[1]:
        raise Fails(f"rows of the classes {classes[1]}; must be of {classes[0]}, as the initial")


def _settings(method: Any) -> set[str]:
    """Return the names of a method's settings."""
    if is_dataclass(method):
        return {field.name for field in fields(method)}
    return set(getattr(method, "__dict__", {}))


def _refuses_for(part: str, subject: Subject, problem: DistillationProblem) -> None:
    """Fail unless a method runs, or refuses a problem for one of its parts."""
    try:
        subject.run(problem, num_steps=1)
    except NotApplicable as error:
        if not str(error).startswith(f"{part}: "):
            raise Fails(f"refuses it, {error}; must begin with '{part}: '") from error
    except Exception as error:
        raise Fails(
            f"{type(error).__name__}: {error}; must run, or raise NotApplicable('{part}: …')"
        ) from error


OF_METHODS: tuple[Callable[[Subject], None], ...] = (
    applies_to_a_problem_and_refuses_others_in_one_line,
    says_what_it_departs_from,
    says_what_it_does,
    is_done_at_once_or_has_a_step_size,
    has_settings_that_cannot_be_changed,
    keeps_to_a_box_or_refuses_it,
    keeps_labels_that_are_fixed,
    keeps_free_labels_probabilities,
    selects_as_many_of_each_class_as_are_wanted,
    runs_without_training_rows_or_asks_for_them,
    takes_a_learner_that_only_learns_or_says_what_it_lacks,
)
"""Properties that are looked at once."""
