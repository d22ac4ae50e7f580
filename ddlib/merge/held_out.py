r"""Held-out scores: what a learner trained on merged rows predicts of real rows that nobody saw.

All rivals (`ddlib.merge.rivals`) are scored on the same splits with the same learner, so that their
differences are paired. A held-out row is scored where its own target is seen; inputs that it lacks
are filled by the training mean, for all rivals alike. Rows of one source are no test of how two
columns hang together that no source shows: that no score can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ddlib.arguments import MOST_ROWS, count_faults, fault, is_finite, kind_faults, raise_faults
from ddlib.comparisons import resampled_interval
from ddlib.copula.order import canonical_order, dense_ranks
from ddlib.merge.formula import TableTask, parse_tasks
from ddlib.merge.model import Model, numpy_seed
from ddlib.merge.rivals import MERGED, Rivalry
from ddlib.merge.scarce import scarce_columns
from ddlib.merge.scoring import score
from ddlib.tables import Note, Sources

LEAST_ROWS = 40  # that show the target, or no score is told
LEAST_OF_LEVEL = 10  # rows of a level, for it to count
MARGIN_COUNT = 5  # rows that a mean of a margin is over
COLUMNS = ["split", "task", "measure", "rival", "score"]
_NONE = (np.nan, np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores of rivals on held-out rows.

    Attributes:
        scores: columns split, task, measure, rival and score; NaN where a rival has none.
        test_share: share of the rows that a split tests on.
        notes: what could not be scored, and why.
    """

    scores: pd.DataFrame
    test_share: float
    notes: tuple[Note, ...]

    def summary(self) -> pd.DataFrame:
        """Return the mean score of each rival, and how far merged rows are above it.

        A rival and the merged rows are compared on the splits in which both have a score.

        Returns:
            Columns task, measure, rival, splits (number of these), mean (of the rival over them),
            difference (of merged rows from the rival, mean over them), low and high (95 % interval
            of it, widened as splits share rows; NaN for one split).
        """
        found: list[tuple[object, ...]] = []
        for (task, measure), scores in self.scores.groupby(["task", "measure"], sort=False):
            table = scores.pivot(index="split", columns="rival", values="score")
            for rival in scores["rival"].unique():
                both = table[table[[rival, MERGED]].notna().all(axis=1)]
                ends = self._difference(both[MERGED] - both[rival]) if rival != MERGED else _NONE
                found.append((task, measure, rival, len(both), both[rival].mean(), *ends))
        names = ["task", "measure", "rival", "splits", "mean", "difference", "low", "high"]
        return pd.DataFrame(found, columns=names)

    def _difference(self, values: pd.Series) -> tuple[float, float, float]:
        """Return the mean of differences and the ends of its interval."""
        if len(values) < 2:
            return float(values.mean()), np.nan, np.nan
        return float(values.mean()), *resampled_interval(values, test_share=self.test_share)


def held_out(
    sources: Sources,
    tasks: Sequence[str],
    *,
    num_rows: int = 100,
    num_splits: int = 5,
    test_share: float = 0.25,
    num_draws: int = 10,
    seed: int = 0,
    progress: Callable[[int], object] = lambda done: None,
    look: Callable[[Rivalry, np.ndarray], object] = lambda rivalry, others: None,
) -> HeldOut:
    """Return how well learners predict held-out rows of the sources, rival by rival.

    Args:
        sources: as `read_sources` returns them.
        tasks: as `parse_tasks` takes them.
        num_rows: merged rows to make for each task.
        num_splits: random splits into rows to train on and rows to test on.
        test_share: share of the rows to test on, in (0, 1).
        num_draws: draws of what is missing, at least 2.
        seed: of splits and draws.
        progress: is called with the number of splits done, after each.
        look: is called with the rows to train on of each split, and the codes of those kept aside.

    Raises:
        TaskError: for tasks that these tables cannot have.
        ValueError: for arguments out of their ranges.
        TypeError: for one of a wrong kind.
    """
    _check(sources, num_rows, num_splits, test_share, num_draws, seed)
    codes, source = sources.codes()
    parsed = parse_tasks(tasks, sources.schema, scarce_columns(sources.schema, codes))
    hindered = {task: _hindrances(task, codes, sources) for task in parsed}
    asked = [task for task, lines in hindered.items() if not lines]
    notes = [line for lines in hindered.values() for line in lines]
    tables: list[pd.DataFrame] = []
    for split, test in enumerate(_splits(codes, sources, num_splits, test_share, seed)):
        schema = sources.schema.without_keys()
        try:
            # No value of a margin leaves here, and a split has fewer rows than all.
            model = Model.fitted(
                schema, codes[~test], num_draws=num_draws, seed=seed, min_count=MARGIN_COUNT
            )
        except ValueError as error:  # a rare value may be in the rows that are kept aside alone
            notes.append(Note("note", f"split {split} is left out: {error}"))
            continue
        rivalry = Rivalry(model, source[~test], sources.labels, num_rows)
        look(rivalry, codes[test])
        tables += [score(rivalry, task, codes[test]).assign(split=split) for task in asked]
        progress(split + 1)
    scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return HeldOut(scores[COLUMNS], test_share, (*notes, *_unmade(scores)))


def _check(
    sources: object,
    num_rows: object,
    num_splits: object,
    test_share: object,
    num_draws: object,
    seed: object,
) -> None:
    """Raise for all arguments of `held_out` that are impossible, but for the tasks."""
    kinds = kind_faults("sources", sources, Sources, "Sources, as read_sources returns them")
    faults = count_faults("num_rows", num_rows, 1, most=MOST_ROWS) + count_faults(
        "num_splits", num_splits, 1
    )
    if not (is_finite(test_share) and 0 < test_share < 1):
        faults.append(fault("test_share", test_share, "above 0 and below 1"))
    faults += count_faults("num_draws", num_draws, 2) + count_faults("seed", seed, 0)
    raise_faults(faults, kinds)


def _unmade(scores: pd.DataFrame) -> list[Note]:
    """Return notes on splits in which no merged rows could be made."""
    merged = scores[scores["rival"] == MERGED]
    return [
        Note("note", f"{task}: in {own.isna().sum()} of {len(own)} splits there are no merged rows")
        for task, own in merged.groupby("task", sort=False)["score"]
        if own.isna().any()
    ]


def _splits(
    codes: np.ndarray, sources: Sources, num_splits: int, test_share: float, seed: int
) -> Iterator[np.ndarray]:
    """Yield which rows are tested on, `(n,)`; the order in which rows came changes nothing."""
    kinds = [column.kind for column in sources.schema.without_keys().columns]
    order = canonical_order(dense_ranks(codes), kinds)[0]
    count = min(max(round(test_share * len(codes)), 1), len(codes) - 1)
    for split in range(num_splits):
        drawn = np.random.default_rng(numpy_seed(seed, f"split {split}"))
        test = np.zeros(len(codes), dtype=bool)
        test[order[drawn.permutation(len(codes))[:count]]] = True
        yield test


def _hindrances(task: TableTask, codes: np.ndarray, sources: Sources) -> list[Note]:
    """Return why there is no held-out score of a task; nothing where there is one."""
    if task.learned == "density":
        return []
    schema = sources.schema.without_keys()
    target = codes[:, schema.names.index(task.target)]
    shown = target[~np.isnan(target)]
    line = f"{task.text}: no held-out score, as {task.target!r} is seen in {len(shown)} rows"
    if len(shown) < LEAST_ROWS:
        return [Note("note", f"{line}; it takes {LEAST_ROWS}", (task.target,))]
    if task.learned == "linear":
        return []
    counts = np.unique(shown, return_counts=True)[1]
    if (counts >= LEAST_OF_LEVEL).sum() < 2:
        told = f"{line}, of which all but {len(shown) - counts.max()} have one level"
        return [Note("note", told, (task.target,))]
    return []
