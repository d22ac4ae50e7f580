"""Visits of several tables become one long table of new people, made for tasks over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ddlib.arguments import raise_faults
from ddlib.merge.balance import OPEN
from ddlib.merge.calibration import GENTLE_SHARES, NoWeights, calibrate, exchange
from ddlib.merge.design import Design
from ddlib.merge.formula import TableTask, TaskError
from ddlib.merge.least import TooFewRows, least_rows
from ddlib.merge.merged import WEIGHT, setting_faults
from ddlib.merge.model import numpy_seed
from ddlib.merge.pooling import Pooled
from ddlib.merge.regression import Regression
from ddlib.merge.worth import worth
from ddlib.problem import NotApplicable
from ddlib.tables import Note, Schema
from ddlib.visits.model import VisitModel
from ddlib.visits.panel import Visits, ordered
from ddlib.visits.pooling import ask
from ddlib.visits.remarks import remarks
from ddlib.visits.sampling import sample
from ddlib.visits.schedule import off_schedule
from ddlib.visits.tasks import Asked, read_tasks

CANDIDATES = 2000  # people to choose from, at least
PER_PERSON = 4  # candidates for each person that is wanted, at least
TRIES = 3  # choices that are weighted before a number of people is given up


@dataclass(frozen=True, eq=False)
class MergedVisits:
    """Visits of new people made for tasks, and what they are worth.

    Attributes:
        visits: of the new people, as they are written.
        weights: of the visits, `(n,)`, of mean 1, with which the tasks' equations hold.
        rows: the long table; the weights are its last column.
        weight_column: the name of that column.
        asked: the real visits, and what is asked of them.
        questions: task -> what it asks, with its answer.
        model: the law of the real visits.
        draws: the real visits beside the next ones, with what is missing drawn.
        worth: task -> complete real rows that would answer it as well (`ddlib.merge.worth`).
        notes: what a user should know, warnings first.
    """

    visits: Visits
    weights: np.ndarray
    rows: pd.DataFrame
    weight_column: str
    asked: Asked
    questions: Mapping[str, Regression]
    model: VisitModel
    draws: Sequence[np.ndarray]
    worth: Mapping[str, float]
    notes: tuple[Note, ...]

    @property
    def schema(self) -> Schema:
        """The columns of this visit and of what is predicted of the next."""
        return self.asked.schema

    @property
    def tasks(self) -> tuple[TableTask, ...]:
        """What the rows are made for."""
        return self.asked.tasks

    @property
    def pooled(self) -> dict[str, Pooled]:
        """The coefficients of each task."""
        return {text: question.pooled for text, question in self.questions.items()}

    def pairs(self, task: TableTask) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes and the weights of the new rows that a task is learnt from.

        Args:
            task: one of `tasks`.
        """
        rows = rows_of(task, self.asked, self.visits)
        return paired(self.visits, self.asked.later)[rows], self.weights[rows]


def merge_visits(
    visits: Visits,
    tasks: Sequence[str],
    *,
    num_people: int = 100,
    num_draws: int = 10,
    min_count: int = 10,
    seed: int = 0,
) -> MergedVisits:
    """Return visits of new people made for tasks.

    Args:
        visits: as `read_visits` returns them.
        tasks: such as "next(bili) ~ ." or "within(died, futime, 365) ~ .".
        num_people: to make.
        num_draws: draws of what is missing, at least 2.
        min_count: people that each value of a number's margin is the mean of, at least.
        seed: of what is drawn; the same gives the same rows.

    Raises:
        TaskError: for tasks that these visits cannot have.
        TooFewRows: names the least number of people that does.
        ValueError: for arguments out of their ranges.
    """
    raise_faults(setting_faults(num_people, True, num_draws, seed))
    asked = read_tasks(tasks, visits, min_count)
    check_pairs(asked.visits, min_count)
    model = VisitModel.of(asked.visits, num_draws=num_draws, min_count=min_count, seed=seed)
    return made_for(asked, model, num_people)


def made_for(asked: Asked, model: VisitModel, num_people: int) -> MergedVisits:
    """Return visits of new people of a model made for tasks.

    Args:
        asked: the real visits, and the tasks.
        model: of these visits.
        num_people: to make.

    Raises:
        TooFewRows: names the least number of people that does.
    """
    draws = model.draws(asked.later)
    questions = {task.text: question_of(task, asked, model, draws) for task in asked.tasks}
    new, weights = _made(asked, model, questions, num_people)
    rows, name = new.table(), _free_name([new.name, new.clock.name, *new.schema.names])
    rows[name] = weights
    merged = MergedVisits(
        new, weights, rows, name, asked, questions, model, draws, worth={}, notes=()
    )
    told = {task.text: worth(questions[task.text], *merged.pairs(task)) for task in merged.tasks}
    notes = ordered([*asked.visits.notes, *remarks(asked, model, draws, questions, told, weights)])
    return replace(merged, worth=told, notes=notes)


def paired(visits: Visits, later: Sequence[int]) -> np.ndarray:
    """Return codes of visits beside columns of the next ones, NaN where there is none.

    Args:
        visits: of people.
        later: which columns are wanted of the next visits.
    """
    return np.hstack([visits.codes, visits.following(visits.codes[:, list(later)])])


def check_pairs(visits: Visits, min_count: int) -> None:
    """Raise where too few people have a next visit.

    Args:
        visits: of people.
        min_count: people who must.

    Raises:
        TaskError: names how many there are.
    """
    people = int((visits.counts > 1).sum())
    if people < max(min_count, 2):
        line = f"{people} of {visits.num_people} people have two visits{visits.where}; must be at "
        advice = "merge them as rows of one visit each" if visits.bins is None else "narrower bins"
        raise TaskError([f"{line}least {max(min_count, 2)}, or {advice}"])


def rows_of(task: TableTask, asked: Asked, visits: Visits) -> np.ndarray:
    """Return which visits a task is learnt from, bool `(n,)`.

    Args:
        task: one of those that are asked.
        asked: what is asked.
        visits: real or new ones.
    """
    if asked.is_of_next(task):
        return visits.has_next
    return ~np.isnan(visits.codes[:, visits.schema.names.index(task.target)])


def question_of(
    task: TableTask, asked: Asked, model: VisitModel, draws: Sequence[np.ndarray]
) -> Regression:
    """Return a task with its answer.

    Args:
        task: one of those that are asked.
        asked: what is asked.
        model: of the real visits.
        draws: of what is missing in these, as the model returns them.
    """
    rows = rows_of(task, asked, model.visits)
    own = [codes[rows] for codes in draws]
    return ask(Design.of(task, asked.schema, own), own, model.visits.person[rows])


def _made(
    asked: Asked, model: VisitModel, questions: Mapping[str, Regression], num_people: int
) -> tuple[Visits, np.ndarray]:
    """Return visits of new people and their weights."""
    count = max(CANDIDATES, PER_PERSON * num_people)
    drawn = sample(model, count, "candidates", asked.outcomes)
    equations = np.hstack([_equations(t, asked, drawn, questions[t.text]) for t in asked.tasks])
    full = _ranks(asked, drawn, questions)
    sums = np.zeros((drawn.num_people, equations.shape[1]))
    np.add.at(sums, drawn.person, equations)
    off = off_schedule(drawn, model.visits)

    def make(wanted: int) -> tuple[Visits, np.ndarray]:
        generator = np.random.default_rng(numpy_seed(model.seed, "choice"))
        why = NotApplicable(f"{wanted} people; must be more")
        for _ in range(TRIES):
            people = exchange(sums, off, wanted, generator=generator, shares=GENTLE_SHARES)
            rows = np.nonzero(np.isin(drawn.person, people))[0]
            new = drawn.of(people)
            if _ranks(asked, new, questions) < full:
                why = NotApplicable(OPEN)
                continue
            try:
                return new, calibrate(equations[rows])
            except NoWeights as error:
                why = NotApplicable(str(error))
        raise why

    try:
        new, weights = make(num_people)
    except NotApplicable as error:
        least = least_rows(make, num_people, count // 2)
        sizes = {text: q.pooled.theta.size for text, q in questions.items()}
        told = [f"{text} of {size} coefficients" for text, size in sizes.items()]
        advice = "name fewer columns in the task"
        raise TooFewRows(num_people, str(error), least, told, advice) from error
    keys = pd.Series(np.arange(1, new.num_people + 1), name=model.visits.name)
    return replace(new, keys=keys), weights


def _ranks(asked: Asked, visits: Visits, questions: Mapping[str, Regression]) -> int:
    """Return how many coefficients, or combinations of them, visits tell enough of."""
    codes = paired(visits, asked.later)
    shown = {task.text: codes[rows_of(task, asked, visits)] for task in asked.tasks}
    return sum(questions[text].rank(own) for text, own in shown.items() if len(own))


def _equations(task: TableTask, asked: Asked, visits: Visits, question: Regression) -> np.ndarray:
    """Return of each visit what a task's equations sum, 0 where it is not learnt from it.

    Those of a number hold its residual variance too, of which forecasts have their intervals.
    """
    rows = rows_of(task, asked, visits)
    codes = paired(visits, asked.later)[rows]
    own = question.equations(codes)
    if task.learned == "linear":
        own = np.column_stack([own, _excess(question, codes)])
    found = np.zeros((len(visits), own.shape[1]))
    found[rows] = own
    return found


def _excess(question: Regression, codes: np.ndarray) -> np.ndarray:
    """Return by how much the squared residual of each row is above the variance, standardised."""
    design, pooled = question.design, question.pooled
    residuals = design.response(codes) - pooled.learner.predict(pooled.theta, design.matrix(codes))
    return (np.square(residuals[:, 0]) / question.dispersion - 1) / 2**0.5


def _free_name(names: Sequence[str]) -> str:
    """Return "weight", or "weight_1" and so on where columns have that name."""
    name, count = WEIGHT, 0
    while name in names:
        count += 1
        name = f"{WEIGHT}_{count}"
    return name
