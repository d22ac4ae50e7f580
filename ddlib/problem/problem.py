r"""The dataset distillation problem: learner, criterion, budget, and what a method makes of them.

Optimal distillation is $\min_{S\in\mathcal S_m} F(S)$ with
$F(S)=\mathbb E_\xi\,\mathcal R_Q(\mathcal A(S,\xi))$. Nobody can evaluate $F$ while distilling, so
a `DistillationProblem` holds a *working* objective $\hat F$ that is built from training rows, and
a distiller walks down it. The split that a criterion looks at is part of its type: `distill`
takes training and validation criteria and has no place for a test criterion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Generator, Tensor

from ddlib.arguments import fault, function_faults, kind_faults, raise_faults
from ddlib.problem.criteria import TrainingCriterion, split_faults
from ddlib.problem.learner import Learner, learns_batches
from ddlib.problem.rows import Layout, check_rows
from ddlib.streams import check_generator


class NotApplicable(ValueError):
    """A method does not apply to a problem; the message says what the problem lacks."""


class Distiller(Protocol):
    """A method of distillation: a stream of synthetic sets, each one step after the last.

    Attributes:
        departs: what the method replaces in the formal problem, of "criterion", "learner" and
            "law"; every method that sees training rows only departs from the law.
        one_shot: whether it finds its rows at once, whatever rows it starts from.
    """

    departs: ClassVar[tuple[str, ...]]
    one_shot: ClassVar[bool]

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the sets after each step; a one-shot method has a single one.

        Each set is a finite tensor of the shape of `problem.initial`, feasible, and not changed
        later. A run can be resumed where the iterator is `Resumable`. Where it is a `Carrier`,
        each set comes with settings of the learner, and is judged with these.

        Args:
            problem: what to distil for; it is left as it is.
            generator: the only source of random numbers.

        Raises:
            NotApplicable: for a problem that lacks what the method needs.
            FloatingPointError: for a descent that diverges.
        """
        ...


@runtime_checkable
class Resumable(Protocol):
    """Steps that can be left after any of them and taken up again, to the same bits.

    What is fixed by the generator before the first step, such as an expert's training, needs no
    place in the state: steps are taken up from new ones, made with the generator as it was then.
    """

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes from step to step, but for the generator; it can be pickled."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state that `state_dict` returned.

        Args:
            state: taken over without a copy.
        """
        ...


@dataclass(frozen=True)
class Part:
    """The synthetic rows of one source, and the criterion that judges a change of them.

    Attributes:
        span: which rows of the set.
        criterion: working criterion of the part.

    Raises:
        TypeError: for a span that is no slice of whole numbers, and a criterion of another split.
    """

    span: slice
    criterion: TrainingCriterion

    def __post_init__(self) -> None:
        """Check both."""
        kinds = split_faults(self.criterion, TrainingCriterion, "criterion")
        if not _is_span(self.span):
            kinds.insert(0, fault("span", self.span, "a slice of whole numbers"))
        raise_faults([], kinds)


def _is_span(span: object) -> bool:
    """Whether it is a slice whose ends are whole numbers or left out."""
    ends: list[object] = [getattr(span, end, None) for end in ("start", "stop", "step")]
    return isinstance(span, slice) and all(end is None or isinstance(end, int) for end in ends)


def _listed(parts: object) -> list[object]:
    """Return the parts, or alone what is no tuple."""
    return [*parts] if isinstance(parts, tuple) else [parts]


def any_rows(rows: Tensor) -> Tensor:
    """Return `rows`: every set of the budget's length is feasible.

    Args:
        rows: `(m, …)`.
    """
    return rows


@dataclass(frozen=True)
class DistillationProblem:
    r"""A learner, a working criterion and an initial synthetic set, whose length is the budget.

    Attributes:
        learner: $\mathcal A$, what the set is for.
        criterion: working criterion $\hat{\mathcal R}$ of a model, from training rows.
        initial: set to start from, `(m, …)`.
        parts: where the training data come from several sources, the parts of the set, in order
            and without a gap, each with a criterion of its own (case study 1 leaves the part's own
            source out). Empty for one part, judged by `criterion`. Only zeroth-order descent goes
            by parts.
        training: rows `(n, …)` that methods look at which select or match rows.
        layout: what the columns of a row are.
        feasible: projection of rows `(m, …)` onto $\mathcal S_m$; it keeps labels fixed, say, or
            soft labels probabilities, as `layout.on_simplex` does. The sets of a method are held to
            it; the initial one need not be feasible.

    Raises:
        TypeError: for a criterion of another split, a learner or a projection that is no function,
            a class among these, and a layout or parts of another kind.
        ValueError: for an empty or non-finite set, one that is no floating-point tensor, more rows
            than `training` has, rows of another width or type than these, no column beside the
            responses, a class without a training row, and parts that are not the set.
    """

    learner: Learner
    criterion: TrainingCriterion
    initial: Tensor
    parts: tuple[Part, ...] = ()
    training: Tensor | None = None
    layout: Layout = Layout()
    feasible: Callable[[Tensor], Tensor] = any_rows

    def __post_init__(self) -> None:
        """Check the kinds of all, the rows and the parts."""
        raise_faults([], self._kind_faults())
        check_rows("initial", self.initial, self.layout, every_class=False)
        if self.training is not None:
            check_rows("training", self.training, self.layout)
            self._check_alike(self.initial, self.training)
        self._check_parts()

    def _kind_faults(self) -> list[str]:
        """Return what is of a wrong kind; the rows are checked by their own."""
        kinds = function_faults("learner", self.learner, "a learner, a function of rows")
        kinds += split_faults(self.criterion, TrainingCriterion, "criterion")
        others = [each for each in _listed(self.parts) if not isinstance(each, Part)]
        kinds += [fault("parts", each, "a tuple of Part") for each in others]
        kinds += kind_faults("layout", self.layout, Layout, "a Layout")
        return kinds + function_faults("feasible", self.feasible, "a function of rows")

    def _check_alike(self, initial: Tensor, training: Tensor) -> None:
        """Raise unless a set of such rows could be one of the training rows."""
        if initial.shape[1:] != training.shape[1:]:
            wanted = ", ".join(["m", *(str(size) for size in training.shape[1:])])
            raise ValueError(
                f"initial: shape {tuple(initial.shape)}; must be ({wanted}), as training"
            )
        if initial.dtype != training.dtype:
            raise ValueError(f"initial: {initial.dtype}; must be {training.dtype}, as training")
        if len(initial) > len(training):
            raise ValueError(
                f"initial: {len(initial)} rows; must be at most the training rows, {len(training)}"
            )

    def _check_parts(self) -> None:
        """Raise unless the parts, one after the other, are the rows of the set."""
        spans = [range(len(self.initial))[part.span] for part in self.parts]
        rows = [row for span in spans for row in span]
        if self.parts and (not all(spans) or rows != list(range(len(self.initial)))):
            shown = ", ".join(f"{part.span.start}:{part.span.stop}" for part in self.parts)
            raise ValueError(
                f"parts: spans {shown}; must be the {len(self.initial)} rows of initial, in order "
                "and without a gap, and none empty"
            )

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """The parts, or all rows as one part."""
        return self.parts or (Part(slice(0, len(self.initial)), self.criterion),)

    def objective(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return $\hat F(S)$ for one draw of the learner's randomness, a scalar.

        Args:
            rows: synthetic rows `(m, …)`.
            generator: draws what is random in the learner.

        Raises:
            TypeError: for no generator.
        """
        check_generator("generator", generator)
        return self.criterion(self.learner(rows, generator=generator))


def objective_values(
    learner: Learner, criterion: TrainingCriterion, sets: Tensor, *, generator: Generator
) -> Tensor:
    r"""Return $\hat F$ of each of B synthetic sets, as `(B,)`.

    Each is learnt with the same draw of the learner's randomness (common random numbers), so that
    a difference of two values is due to the rows.

    Args:
        learner: learns all sets at once where it is a `BatchLearner`.
        criterion: working criterion of a model.
        sets: `(B, m, …)`.
        generator: moves on by one draw of the learner.

    Raises:
        TypeError: for no generator.
    """
    check_generator("generator", generator)
    if learns_batches(learner):
        return criterion.batch(learner(sets, generator=generator), len(sets))
    state = generator.get_state()
    values: list[Tensor] = []
    for rows in sets:
        generator.set_state(state)
        values.append(criterion(learner(rows, generator=generator)))
    return torch.stack(values)
