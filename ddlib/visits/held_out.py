"""Held-out scores over visits: what is learnt from merged visits, on people who were kept aside.

People are kept aside with all their visits. All rivals are scored on the same visits with the same
learner, as in `ddlib.merge.held_out`; of a number, the value of this visit stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ddlib.merge.formula import TableTask
from ddlib.merge.held_out import COLUMNS, LEAST_OF_LEVEL, LEAST_ROWS, MARGIN_COUNT, HeldOut
from ddlib.merge.least import TooFewRows
from ddlib.merge.model import numpy_seed
from ddlib.merge.rivals import MEAN_FILLING, MERGED, Rows, equal_weights, fill
from ddlib.merge.scoring import MEASURES, prediction
from ddlib.tables import Note
from ddlib.visits.merging import made_for, paired, question_of, rows_of
from ddlib.visits.model import VisitModel, canonical
from ddlib.visits.panel import Visits
from ddlib.visits.tasks import Asked

LAST_VALUE = "this visit's value"
TEST_SHARE = 0.25  # of the people


def held_out(
    asked: Asked,
    *,
    num_people: int,
    num_splits: int,
    num_draws: int,
    seed: int,
    progress: Callable[[int], object] = lambda done: None,
) -> HeldOut:
    """Return how well learners predict the visits of people kept aside, rival by rival.

    Args:
        asked: the real visits, and the tasks.
        num_people: merged people to make for each task.
        num_splits: random splits into people to train on and people to test on.
        num_draws: draws of what is missing, at least 2.
        seed: of splits and draws.
        progress: is called with the number of splits done, after each.
    """
    visits = canonical(asked.visits)
    hindered = {task: _hindrance(task, asked, visits) for task in asked.tasks}
    notes = [Note("note", line, (task.target,)) for task, line in hindered.items() if line]
    tables: list[pd.DataFrame] = []
    for split in range(num_splits):
        order = np.random.default_rng(numpy_seed(seed, f"split {split}"))
        people = order.permutation(visits.num_people)
        count = max(round(TEST_SHARE * visits.num_people), 1)
        train, aside = (visits.of(np.sort(some)) for some in (people[count:], people[:count]))
        model = VisitModel.of(train, num_draws=num_draws, min_count=MARGIN_COUNT, seed=seed)
        rivalry = _Rivalry(replace(asked, visits=train), model, num_people)
        tables += [
            rivalry.score(task, aside).assign(split=split)
            for task, line in hindered.items()
            if not line
        ]
        progress(split + 1)
    scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return HeldOut(scores[COLUMNS], TEST_SHARE, tuple(notes))


def _hindrance(task: TableTask, asked: Asked, visits: Visits) -> str:
    """Return why there is no held-out score of a task, "" where there is one."""
    target = _target(task, asked, visits)
    line = f"{task.text}: no held-out score, as {task.target!r} is seen in {len(target)} visits"
    if len(target) < LEAST_ROWS:
        return f"{line}; it takes {LEAST_ROWS}"
    counts = np.unique(target, return_counts=True)[1]
    if task.learned != "linear" and (counts >= LEAST_OF_LEVEL).sum() < 2:
        return f"{line}, of which all but {len(target) - counts.max()} have one level"
    return ""


def _target(task: TableTask, asked: Asked, visits: Visits) -> np.ndarray:
    """Return the codes of a target that visits show."""
    codes = paired(visits, asked.later)[rows_of(task, asked, visits)]
    target = codes[:, asked.schema.names.index(task.target)]
    return target[~np.isnan(target)]


@dataclass(frozen=True, eq=False)
class _Rivalry:
    """Visits to train on, and the model that merged visits come from."""

    asked: Asked
    model: VisitModel
    num_people: int

    def score(self, task: TableTask, aside: Visits) -> pd.DataFrame:
        """Return the score of each rival on visits of other people."""
        asked, model = self.asked, self.model
        draws = model.draws(asked.later)
        design = question_of(task, asked, model, draws).design
        known = paired(model.visits, asked.later)
        test = paired(aside, asked.later)[rows_of(task, asked, aside)]
        test = test[~np.isnan(test[:, design.target])]
        filled = fill(test, known, asked.schema)
        found = {
            rival: prediction(design, rows, test, filled) if rows else np.nan
            for rival, rows in self._tables(task, known, draws)
        }
        if task.learned == "linear":
            now = asked.later[asked.schema.names.index(task.target) - len(aside.schema.names)]
            error = np.square(test[:, design.target] - filled[:, now]).mean()
            found[LAST_VALUE] = 1 - float(error / test[:, design.target].var())
        table = pd.DataFrame({"rival": [*found], "score": [*found.values()]})
        return table.assign(task=task.text, measure=MEASURES[task.learned])

    def _tables(
        self, task: TableTask, known: np.ndarray, draws: Sequence[np.ndarray]
    ) -> Iterator[tuple[str, list[Rows]]]:
        """Yield what is trained on, rival by rival; no table where there is none."""
        visits, schema = self.model.visits, self.asked.schema
        target = schema.names.index(task.target)
        rows = rows_of(task, self.asked, visits)
        shown = rows & ~np.isnan(known[:, target])
        try:
            made = made_for(replace(self.asked, tasks=(task,)), self.model, self.num_people)
            yield MERGED, [made.pairs(task)]
        except TooFewRows:
            yield MERGED, []
        yield "multiple imputation", [equal_weights(draw[rows]) for draw in draws]
        yield MEAN_FILLING, [equal_weights(fill(known[shown], known, schema))]
        for index, label in enumerate(visits.labels):
            own = known[shown & (visits.site == index)]
            if len(np.unique(own[:, target])) > 1:
                yield f"{label} alone", [equal_weights(fill(own, own, schema))]
