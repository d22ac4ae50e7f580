"""A method that is examined: its runs, and what each of them left behind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property, partial
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from ddlib.conformance.problems import PROBLEMS
from ddlib.distillers.foreign import settings_kept
from ddlib.problem import DistillationProblem, Distiller, NotApplicable, Resumable, distill

NUM_STEPS, SEED = 3, 7


class Fails(Exception):
    """A method has not a property; the message says what was found."""


class Advises(Exception):
    """A method works, and who uses it would be glad of something; the message says of what."""


class DoesNotApply(Exception):
    """A property says nothing of a method; the message says why."""


class Refuses(DoesNotApply):
    """A method refuses the problem on which a property is looked at; the message is its own."""


@dataclass(frozen=True)
class Trial:
    """A run of a few steps.

    Attributes:
        problem: as the run left it.
        sets: copies of the sets, each made when it came.
        yielded: the sets themselves.
        drawn: streams of random numbers of the whole process that the run has moved.
        left: what it has printed, and settings of the process that it has changed.
    """

    problem: DistillationProblem
    sets: tuple[Tensor, ...]
    yielded: tuple[Tensor, ...]
    drawn: tuple[str, ...]
    left: tuple[str, ...]


class Subject:
    """A method, with the runs that several properties look at.

    Attributes:
        method: that is examined.
    """

    def __init__(self, method: Distiller) -> None:
        """Take a method.

        Args:
            method: that is examined.
        """
        self.method: Any = method
        self._trials: dict[str, Trial | Exception] = {}

    def on(self, which: str) -> Trial:
        """Return the run on one of `PROBLEMS`, the same one each time.

        Args:
            which: name of the problem.

        Raises:
            Refuses: where the method refuses the problem.
            Exception: whatever else the method raises.
        """
        if which not in self._trials:
            try:
                self._trials[which] = self.run(PROBLEMS[which]())
            except (Exception, SystemExit) as error:
                kept = error if isinstance(error, Exception) else Fails("leaves the process")
                self._trials[which] = kept.with_traceback(None)
        trial = self._trials[which]
        if isinstance(trial, NotApplicable):
            raise Refuses(str(trial))
        if isinstance(trial, Exception):
            raise trial
        return trial

    @cached_property
    def refusals(self) -> dict[str, str]:
        """The problems that the method refuses, and what it says; whatever else it raises is none.

        All of `PROBLEMS` are tried.
        """
        refused: dict[str, str] = {}
        for which in PROBLEMS:
            try:
                self.on(which)
            except Refuses as refusal:
                refused[which] = str(refusal)
            except Exception:
                continue  # the properties that are looked at on the problem tell it
        return refused

    @cached_property
    def regression(self) -> str:
        """The name of a regression that the method takes: linear, or else by a network.

        Raises:
            Refuses: where the method refuses both; the message is on the linear one.
            Exception: whatever else the method raises.
        """
        try:
            self.on("ridge")
        except Refuses as refusal:
            if "network" in self.refusals:
                raise refusal
            return "network"
        return "ridge"

    def run(self, problem: DistillationProblem, *, num_steps: int = NUM_STEPS) -> Trial:
        """Return a new run.

        Args:
            problem: what to distil for.
            num_steps: steps that are asked for; a method may yield fewer sets.

        Raises:
            Exception: whatever the method raises.
        """
        before, yielded, copies = _streams(), [], []
        with redirect_stdout(StringIO()) as printed, settings_kept() as changed:
            steps: Any = self.method.steps(problem, generator=_seeded())
            if not isinstance(steps, Iterator):
                kind = type(steps).__name__
                raise Fails(f"steps() is a {kind}; must be an iterator, which yields sets")
            for rows in islice(steps, num_steps):
                _check_form(rows, problem.initial)
                yielded.append(rows)
                copies.append(rows.detach().clone())
        after = _streams()
        drawn = tuple(name for name, state in after.items() if state != before[name])
        text = printed.getvalue().strip()
        left = [f"prints {text.splitlines()[0]!r}"] if text else []
        return Trial(problem, tuple(copies), tuple(yielded), drawn, (*left, *changed))

    def gives_state(self, which: str) -> bool:
        """Return whether the steps can be taken up again.

        Args:
            which: name of the problem.
        """
        with redirect_stdout(StringIO()), settings_kept():
            steps: Any = self.method.steps(PROBLEMS[which](), generator=_seeded())
        return isinstance(steps, Resumable)

    def resumed(self, problem: DistillationProblem, left: int) -> tuple[Tensor, ...]:
        """Return the sets of a run that is left, saved, loaded and taken up again.

        Args:
            problem: what to distil for.
            left: steps before the break.

        Raises:
            Exception: whatever the method, or what saves its state, raises.
        """
        go_on = partial(distill, problem, self.method)
        file = BytesIO()
        with redirect_stdout(StringIO()), settings_kept():
            torch.save(go_on(num_steps=left, generator=_seeded()), file)
            file.seek(0)
            part = torch.load(file, weights_only=False)  # what was just saved here
            run = go_on(num_steps=NUM_STEPS, generator=Generator(), resume=part)
        return tuple(snapshot.rows for snapshot in run.snapshots[1:])


def _seeded() -> Generator:
    """Return the generator of a run before its first step."""
    return Generator().manual_seed(SEED)


def _check_form(rows: object, initial: Tensor) -> None:
    """Raise for what no property can look at: no tensor, or one of another form."""
    if not isinstance(rows, Tensor):
        raise Fails(f"yields a {type(rows).__name__}; must yield tensors")
    ours, wanted = (f"{t.layout} {tuple(t.shape)}" for t in (rows, initial))
    if ours != wanted:
        raise Fails(f"yields rows of the form {ours}; must be {wanted}, as problem.initial")


def selected(trial: Trial) -> list[tuple[float, ...]]:
    """Return the rows of a run that selects training rows.

    Args:
        trial: the run.

    Raises:
        DoesNotApply: for a run of several steps, and one whose rows are no training rows.
    """
    if len(trial.sets) != 1:
        raise DoesNotApply("selects nothing, it has several steps")
    assert trial.problem.training is not None
    rows = [tuple(row) for row in trial.sets[0].tolist()]
    if not {*rows} <= {tuple(row) for row in trial.problem.training.tolist()}:
        raise DoesNotApply("selects nothing, its rows are no training rows")
    return rows


def _streams() -> dict[str, object]:
    """Return the states of the streams that all code of a process shares."""
    numpy: Any = np.random.get_state()  # noqa: NPY002
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (numpy[1].tobytes(), *numpy[2:]),
        "random": random.getstate(),
    }
