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
from sklearn.metrics import roc_auc_score

from ddlib.arguments import count_faults, fault, is_finite, kind_faults, raise_faults
from ddlib.comparisons import resampled_interval
from ddlib.copula.order import canonical_order, dense_ranks
from ddlib.merge.design import Design
from ddlib.merge.equations import fit
from ddlib.merge.estimators import LEARNERS
from ddlib.merge.formula import TableTask, parse_tasks
from ddlib.merge.model import Model, numpy_seed
from ddlib.merge.pooling import PENALTY
from ddlib.merge.rivals import MERGED, Rivalry, Rows, fill
from ddlib.tables import Note, Sources

MEASURES = {
    "logistic": "AUC",
    "multinomial": "mean AUC of the levels",
    "linear": "R²",
    "density": "nats per cell",
}
"""What a score is, by what a task learns; higher is better. Nats are of a normal density."""

LEAST_ROWS = 40  # that show the target, or no score is told
LEAST_OF_LEVEL = 10  # rows of a level, for it to count
MARGIN_COUNT = 5  # no value of a margin leaves here, and a split has fewer rows than all
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

        Returns:
            Columns task, measure, rival, mean, difference (of merged rows from the rival, mean over
            the splits), low and high (95 % interval of it, widened as splits share rows; NaN for
            one split).
        """
        found: list[tuple[object, ...]] = []
        for (task, measure), scores in self.scores.groupby(["task", "measure"], sort=False):
            table = scores.pivot(index="split", columns="rival", values="score")
            for rival in scores["rival"].unique():
                ends = self._difference(table[MERGED] - table[rival]) if rival != MERGED else _NONE
                found.append((task, measure, rival, table[rival].mean(), *ends))
        names = ["task", "measure", "rival", "mean", "difference", "low", "high"]
        return pd.DataFrame(found, columns=names)

    def _difference(self, values: pd.Series) -> tuple[float, float, float]:
        """Return the mean of differences and the ends of its interval."""
        values = values.dropna()
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
    progress: Callable[[int], object] | None = None,
    look: Callable[[Rivalry, np.ndarray], object] | None = None,
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
    kinds = kind_faults("sources", sources, Sources, "Sources, as read_sources returns them")
    faults = count_faults("num_rows", num_rows, 1) + count_faults("num_splits", num_splits, 1)
    if not (is_finite(test_share) and 0 < test_share < 1):
        faults.append(fault("test_share", test_share, "above 0 and below 1"))
    faults += count_faults("num_draws", num_draws, 2) + count_faults("seed", seed, 0)
    raise_faults(faults, kinds)
    parsed = parse_tasks(tasks, sources.schema)
    codes, source = sources.codes()
    notes = [line for task in parsed for line in _hindrances(task, codes, sources)]
    asked = [task for task in parsed if task.text not in {n.text.split(":")[0] for n in notes}]
    tables: list[pd.DataFrame] = []
    for split, test in enumerate(_splits(codes, sources, num_splits, test_share, seed)):
        try:
            model = Model.fitted(
                sources.schema.without_keys(),
                codes[~test],
                num_draws=num_draws,
                seed=seed,
                min_count=MARGIN_COUNT,
            )
        except ValueError as error:  # a rare value may be in the rows that are kept aside alone
            notes.append(Note("note", f"split {split} is left out: {error}"))
            continue
        rivalry = Rivalry(model, source[~test], sources.labels, num_rows)
        if look is not None:
            look(rivalry, codes[test])
        tables += [score(rivalry, task, codes[test]).assign(split=split) for task in asked]
        if progress is not None:
            progress(split + 1)
    columns = ["split", "task", "measure", "rival", "score"]
    scores = pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)
    return HeldOut(scores.reset_index(drop=True), test_share, tuple(notes))


def score(rivalry: Rivalry, task: TableTask, test: np.ndarray) -> pd.DataFrame:
    """Return the score of each rival on rows that it has not seen.

    Args:
        rivalry: rows to train on.
        task: what is predicted.
        test: codes `(t, p)`, NaN where missing.

    Returns:
        Columns task, measure, rival and score.
    """
    design = Design.of(task, rivalry.schema, rivalry.model.draws)
    if design.target >= 0:
        test = test[~np.isnan(test[:, design.target])]
    judge = _density if task.learned == "density" else _prediction
    known = rivalry.codes
    found = {
        rival: judge(design, rows, test, fill(test, known, rivalry.schema)) if rows else np.nan
        for rival, rows in rivalry.tables(task).items()
    }
    table = pd.DataFrame({"rival": [*found], "score": [*found.values()]})
    return table.assign(task=task.text, measure=MEASURES[task.learned])


def _prediction(
    design: Design, tables: Sequence[Rows], test: np.ndarray, filled: np.ndarray
) -> float:
    """Return how well the mean prediction of a learner trained on each table is."""
    learner = LEARNERS[design.task.learned]
    y = design.response(test)
    mean = np.zeros_like(y)
    for codes, weights in tables:
        theta = fit(learner, design.matrix(codes), design.response(codes), weights, penalty=PENALTY)
        mean += learner.predict(theta, design.matrix(filled)) / len(tables)
    if design.task.learned == "linear":
        return 1 - float(np.square(y - mean).mean() / y.var()) if y.var() > 0 else np.nan
    if design.task.learned == "multinomial":
        y, mean = (np.column_stack([1 - each.sum(1), each]) for each in (y, mean))
    varied = [c for c in range(y.shape[1]) if 0 < y[:, c].mean() < 1]
    return float(np.mean([roc_auc_score(y[:, c], mean[:, c]) for c in varied] or [np.nan]))


def _density(design: Design, tables: Sequence[Rows], test: np.ndarray, filled: np.ndarray) -> float:
    """Return the mean log-density of what test rows show, per cell, of a normal law of the rows."""
    moments = [_moments(design.matrix(codes), weights) for codes, weights in tables]
    centre = np.mean([mean for mean, _ in moments], axis=0)
    square = np.mean([second for _, second in moments], axis=0) - np.outer(centre, centre)
    # One pseudo-row of independent terms: a rare level may be in none of the rows.
    count = sum(len(codes) for codes, _ in tables) / len(tables)
    square = (count * square + np.eye(len(square))) / (count + 1)
    shown = ~np.isnan(test[:, design.columns])
    x = design.matrix(filled) - centre
    total = 0.0
    for pattern in np.unique(shown, axis=0):
        rows = x[(shown == pattern).all(1)][:, pattern]
        root = np.linalg.cholesky(square[np.ix_(pattern, pattern)])
        z = np.linalg.solve(root, rows.T)
        total -= np.square(z).sum() / 2 + len(rows) * np.log(root.diagonal()).sum()
    return float(total / shown.sum() - np.log(2 * np.pi) / 2)


def _moments(x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first and second moments of rows."""
    return np.average(x, axis=0, weights=weights), x.T @ (x * weights[:, None]) / weights.sum()


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
