r"""Rows for tasks as a distillation problem: learner, criteria by split, and methods that choose.

A row is the codes of a table's columns, then its weight. The learner $\mathcal A$ returns what each
task is to learn, from rows that count as many as the real ones; criteria are its loss. What can be
chosen are new rows, drawn from the model and written as they will be in a file: `training`. The
working criterion is the loss on the real rows, with what is missing drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from ddlib.distillers import DISTILLERS
from ddlib.distillers.needs import training_rows
from ddlib.merge.calibration import NoWeights, calibrate, exchange, unsettled
from ddlib.merge.model import Model, exact_scores
from ddlib.merge.pooling import PENALTY
from ddlib.merge.question import Question
from ddlib.problem import (
    Distillation,
    DistillationProblem,
    Distiller,
    NotApplicable,
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
    distill,
)
from ddlib.streams import spawn
from ddlib.tasks.task import Task

SELECTING = ("random", "herding", "k-center")
"""The book's methods that choose among rows, by their names in `DISTILLERS`."""

TRIES = 10  # subsets that are balanced before a number of rows is given up
MAX_TRIED = 1000  # rows of all of them together
MAX_ENTRIES = 2e7  # of the information; beyond, it is left to chance, which many rows allow


@dataclass(frozen=True, eq=False)
class TableLearner:
    """Learns what tasks ask from rows `(m, p + 1)`, the last column their weights.

    Attributes:
        questions: the tasks.
        penalty: on standardised coefficients, of rows that count as all real ones.
    """

    questions: tuple[Question, ...]
    penalty: float = PENALTY

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> list[Any]:
        """Return what each task is to learn, coefficients or moments.

        Args:
            rows: codes and weights, `(m, p + 1)`.
            generator: not used, as nothing is random.
        """
        codes, weights = codes_of(rows)
        return [q.learn(codes, weights, penalty=self.penalty) for q in self.questions]

    def loss(self, models: Sequence[Any], codes: np.ndarray) -> Tensor:
        """Return the mean loss of rows in nats, summed over the tasks, a scalar.

        Args:
            models: what each task learnt.
            codes: `(n, p)`.
        """
        losses = [q.loss(model, codes) for q, model in zip(self.questions, models, strict=True)]
        return torch.tensor(sum(losses), dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class Balanced:
    """Rows of which the tasks' equations hold: nearly without weights, exactly with them.

    Attributes:
        questions: the tasks.
        weighted: whether rows get weights.
    """

    questions: tuple[Question, ...]
    weighted: bool = True

    departs: ClassVar[tuple[str, ...]] = ("law",)
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: draws the subset that others are exchanged for.

        Raises:
            NotApplicable: for too few rows to solve the equations with weights near 1, and for a
                problem without training rows.
        """
        codes, _ = codes_of(training_rows(problem, "balanced rows"))
        drawn = numpy_generator(generator)
        try:
            chosen, weights = balance(
                self.questions, codes, len(problem.initial), drawn, weighted=self.weighted
            )
        except NoWeights as error:
            raise NotApplicable(str(error)) from error
        yield rows_of(codes[chosen], weights)


@dataclass(frozen=True, eq=False)
class ExactMoments:
    """Rows whose latent scores have mean 0 and the model's correlation exactly, without weights.

    They start from new rows that are balanced as they are written, and move as little as can be.

    Attributes:
        model: the law.
        question: the density.
    """

    model: Model
    question: Question

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for; new rows are drawn, as many as it has to choose from.
            generator: draws the subset that others are exchanged for.

        Raises:
            NotApplicable: for no more rows than there are scores, and for a problem without
                training rows.
        """
        num_rows, training = len(problem.initial), training_rows(problem, "exact moments")
        scores = self.model.scores(len(training), "rows of exact moments")
        if num_rows <= scores.shape[1]:
            raise NotApplicable(f"{scores.shape[1]} scores; must be more rows")
        balanced = self.question.balanced(self.model.rows_of_scores(scores))
        empty = np.empty((len(scores), 0))
        chosen = exchange(balanced, empty, num_rows, generator=numpy_generator(generator))
        exact = exact_scores(scores[chosen], self.model.copula.correlation)
        yield rows_of(self.model.rows_of_scores(exact))


def balance(
    questions: Sequence[Question],
    codes: np.ndarray,
    num_rows: int,
    generator: np.random.Generator,
    *,
    weighted: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows balance the equations of all tasks, and their weights.

    Args:
        questions: the tasks.
        codes: rows to choose from, `(N, p)`.
        num_rows: to choose.
        generator: draws the subset that others are exchanged for.
        weighted: whether the weights are to solve the equations, or all 1.

    Raises:
        NoWeights: where no weights near 1 solve them, and where the rows leave coefficients open
            that more rows would not.
    """
    scores, information = _features(questions, codes)
    equations = _equations(questions, codes)
    why = NoWeights("rows: leave some coefficients open; must be more rows")
    for _ in range(max(1, min(TRIES, MAX_TRIED // num_rows))):
        chosen = exchange(scores, information, num_rows, generator=generator)
        if any(q.rank(codes[chosen]) < q.rank(codes) for q in questions):
            continue
        if not weighted:
            return chosen, np.ones(num_rows)
        try:
            return chosen, calibrate(equations[chosen])
        except NoWeights as error:
            why = error
    raise why


def _equations(questions: Sequence[Question], codes: np.ndarray) -> np.ndarray:
    """Return what weights are to solve, `(N, r)`: the tasks' equations, then a density's means."""
    required = [np.empty((len(codes), 0))]
    required += [q.equations(codes) for q in questions if q.design.outcomes]
    own = np.hstack(required)
    means = [q.equations(codes) for q in questions if not q.design.outcomes]
    return np.hstack([own, *(extra @ unsettled(extra, own) for extra in means)])


def _features(questions: Sequence[Question], codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of rows, and what they inform of where that is not too much."""
    scores = np.hstack([question.balanced(codes) for question in questions])
    width = sum(len(q.design.terms) ** 2 * max(len(q.design.outcomes), 1) for q in questions) / 2
    if width * len(codes) > MAX_ENTRIES:
        return scores, np.empty((len(codes), 0))
    return scores, np.hstack([question.information(codes) for question in questions])


def table_task(
    questions: Sequence[Question],
    candidates: np.ndarray,
    draws: Sequence[np.ndarray],
    *,
    validation: np.ndarray,
    test: np.ndarray,
    penalty: float = PENALTY,
) -> Task:
    """Return the tasks of a table as one of the framework's.

    Args:
        questions: the tasks.
        candidates: codes of rows to choose from, `(N, p)`.
        draws: codes of the real rows with what is missing drawn, `(n, p)` each.
        validation: codes of rows that nothing was learnt from; the model's, say.
        test: codes of other rows that nothing was learnt from.
        penalty: on standardised coefficients.
    """
    learner, real = TableLearner(tuple(questions), penalty), np.concatenate(list(draws))
    return Task(
        learner,
        rows_of(candidates),
        TrainingCriterion(lambda models: learner.loss(models, real)),
        ValidationCriterion(lambda models: learner.loss(models, validation)),
        TestCriterion(lambda models: learner.loss(models, test)),
    )


def choose(
    task: Task, questions: Sequence[Question], num_rows: int, *, generator: Generator
) -> dict[str, Distillation]:
    """Return what each method chooses, all without weights, the best on real rows first.

    Args:
        task: as `table_task` returns it.
        questions: its tasks.
        num_rows: budget.
        generator: draws what is random in the methods; left standing where it is.
    """
    methods: dict[str, Distiller] = {name: DISTILLERS[name] for name in SELECTING}
    methods["balanced"] = Balanced(tuple(questions), weighted=False)
    runs = {name: run(task, method, num_rows, generator) for name, method in methods.items()}
    return dict(sorted(runs.items(), key=lambda item: working_value(task, item[1])))


def run(task: Task, method: Distiller, num_rows: int, generator: Generator) -> Distillation:
    """Return the run of a method that is done at once.

    Args:
        task: as `table_task` returns it.
        method: what to run.
        num_rows: budget.
        generator: left standing where it is.

    Raises:
        NotApplicable: where the method cannot do it.
    """
    name = type(method).__name__
    problem = task.problem(num_rows, generator=spawn(generator, f"start of {name}"))
    return distill(problem, method, num_steps=1, generator=spawn(generator, name))


def working_value(task: Task, found: Distillation) -> float:
    """Return the working criterion of the rows of a run.

    Args:
        task: whose criterion.
        found: the run.
    """
    return float(task.criterion(task.learner(found.rows, generator=Generator())))


def numpy_generator(generator: Generator) -> np.random.Generator:
    """Return numpy's random numbers that follow from torch's.

    Args:
        generator: moves on.
    """
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))


def rows_of(codes: np.ndarray, weights: np.ndarray | None = None) -> Tensor:
    """Return rows `(m, p + 1)`.

    Args:
        codes: `(m, p)`.
        weights: `(m,)`, 1 unless told.
    """
    weights = np.ones(len(codes)) if weights is None else weights
    return torch.from_numpy(np.column_stack([codes, weights]))


def codes_of(rows: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return codes `(m, p)` and weights `(m,)`.

    Args:
        rows: `(m, p + 1)`.
    """
    values = rows.detach().numpy()
    return values[:, :-1], values[:, -1]
