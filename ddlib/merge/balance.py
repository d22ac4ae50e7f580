"""Methods that choose new rows of which the equations of tasks hold, and that are done at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from ddlib.distillers.needs import training_rows
from ddlib.merge.calibration import (
    GENTLE_SHARES,
    SHARES,
    NoWeights,
    complete,
    exchange,
    unsettled,
)
from ddlib.merge.model import Model, exact_scores
from ddlib.merge.question import Question
from ddlib.merge.table_task import codes_of, rows_of
from ddlib.problem import DistillationProblem, NotApplicable

TRIES = 10  # subsets that are balanced before a number of rows is given up
MAX_TRIED = 1000  # rows of all of them together
ROWS_PER_ADDED = 10  # of which one may give way for weights to be near 1
OPEN = "too few tell of some coefficients; must be more rows"
MAX_ENTRIES = 2e7  # of the information; beyond, it is left to chance, which many rows allow


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
    ranks = [question.rank(codes) for question in questions]
    subsets = _subsets(questions, codes, num_rows, generator)
    if weighted:
        full = (chosen for chosen, rank in subsets if rank >= sum(ranks))
        return _weighted(_equations(questions, codes), full, num_rows)
    # A coefficient of a rare level may stay open, but rows are to be more than there are equations.
    if num_rows <= max(ranks):
        raise NoWeights(OPEN)
    return _fullest(subsets, sum(ranks)), np.ones(num_rows)


def _subsets(
    questions: Sequence[Question],
    codes: np.ndarray,
    num_rows: int,
    generator: np.random.Generator,
) -> Iterator[tuple[np.ndarray, int]]:
    """Yield subsets that are almost balanced, and how many coefficients each tells of."""
    scores, information = _features(questions, codes)
    tries = max(2, min(TRIES, MAX_TRIED // num_rows))
    for number in range(tries):
        shares = SHARES if number < tries / 2 else GENTLE_SHARES
        chosen = exchange(scores, information, num_rows, generator=generator, shares=shares)
        yield chosen, sum(question.rank(codes[chosen]) for question in questions)


def _weighted(
    equations: np.ndarray, subsets: Iterable[np.ndarray], num_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first rows that weights near 1 solve the equations on, and these, or raise."""
    why = NoWeights(OPEN)
    for chosen in subsets:
        try:
            return complete(equations, chosen, most=num_rows // ROWS_PER_ADDED)
        except NoWeights as error:
            why = error
    raise why


def _fullest(subsets: Iterable[tuple[np.ndarray, int]], wanted: int) -> np.ndarray:
    """Return the first subset that tells of all coefficients, or of the most."""
    best, most = np.arange(0), -1
    for chosen, rank in subsets:
        if rank > most:
            best, most = chosen, rank
        if rank >= wanted:
            break
    return best


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


def numpy_generator(generator: Generator) -> np.random.Generator:
    """Return numpy's random numbers that follow from torch's.

    Args:
        generator: moves on.
    """
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
