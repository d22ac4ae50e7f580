"""How well one learns from merged rows, beside what other libraries make of the same tables.

Run it by `pytest -m benchmark -s tests/benchmarks/bench_merge.py`, with the kernels of `python -m
ddlib.kernels`, and with the packages sdv, miceforest and gcimpute at hand; one that is not there is
left out. The tables are those of the liver trial, cut into three hospitals that lack columns of one
another. All get the same rows as codes, and one learner is judged on the same patients kept aside.
Seconds are of the processor, from tables that are read to complete rows; they hold beside other
work on the machine.
"""

import shlex
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from ddlib.comparisons import resampled_interval
from ddlib.experiments.trials import TRIALS, cut
from ddlib.merge.design import Design
from ddlib.merge.formula import parse_tasks
from ddlib.merge.merged import merge
from ddlib.merge.model import Model
from ddlib.merge.rivals import Rows, fill
from ddlib.merge.scoring import prediction
from ddlib.plots.numbers import number
from ddlib.tables import Schema, Settings, Sources, read_sources

Record = Callable[[str, pd.DataFrame], None]
TASK = "died ~ ."
SPLITS = 8
NUM_ROWS = 100
MORE_ROWS = 1000  # of a law that can be drawn from without end
TABLES = 5  # of miceforest
ITERATIONS = 5  # of miceforest, its documentation's


class Tables(NamedTuple):
    """What a method makes: complete codes and weights of each table, and the values as it has them.

    The values are None where they are the codes as they are.
    """

    rows: list[Rows]
    values: list[pd.DataFrame] | None = None


def equal(*tables: np.ndarray) -> list[Rows]:
    return [(codes, np.ones(len(codes))) for codes in tables]


def merged_rows(sources: Sources, split: int) -> Tables:
    merged = merge(sources, [TASK], num_rows=NUM_ROWS, seed=split)
    values = merged.rows.drop(columns=[merged.weight_column])
    return Tables([(merged.codes, merged.weights)], [values])


def draws(sources: Sources, split: int) -> Tables:
    return Tables(equal(*Model.of(sources, num_draws=10, seed=split).draws))


def mean_filling(sources: Sources, split: int) -> Tables:
    codes = sources.codes()[0]
    return Tables(equal(fill(codes, codes, sources.schema)))


def iterative_imputer(sources: Sources, split: int) -> Tables:
    filled = IterativeImputer(random_state=split).fit_transform(sources.codes()[0])
    return Tables(equal(np.asarray(filled)))


def with_miceforest(sources: Sources, split: int) -> Tables:
    miceforest = import_module("miceforest")
    table = pd.DataFrame(sources.codes()[0], columns=[*sources.schema.names])
    levels = [column.name for column in sources.schema if column.levels]
    table[levels] = table[levels].astype("category")
    kernel = miceforest.ImputationKernel(table, num_datasets=TABLES, random_state=split)
    kernel.mice(ITERATIONS, num_threads=1)
    filled = [kernel.complete_data(number).astype(float).to_numpy() for number in range(TABLES)]
    return Tables(equal(*filled))


def with_gcimpute(sources: Sources, split: int) -> Tables:
    copula = import_module("gcimpute.gaussian_copula").GaussianCopula
    # Version 0.0.4 asks for what numpy 2 has by one name alone.
    if not hasattr(np, "round_"):
        setattr(np, "round_", np.round)  # noqa: B010
    return Tables(equal(copula(random_state=split).fit_transform(sources.codes()[0])))


def with_sdv(sources: Sources, split: int, *, num_rows: int) -> Tables:
    single, metadata = import_module("sdv.single_table"), import_module("sdv.metadata").Metadata()
    np.random.seed(split)  # noqa: NPY002
    codes, schema = sources.codes()[0], sources.schema
    # As written: its rows are to be of the columns' own types.
    filled = schema.decode(fill(codes, codes, schema))
    metadata.add_table("patients")
    for column in schema:
        kind = "categorical" if column.levels else "numerical"
        metadata.add_column(column.name, "patients", sdtype=kind)
    synthesizer = single.GaussianCopulaSynthesizer(metadata)
    synthesizer.fit({"patients": filled})
    made = synthesizer.sample(num_rows)
    made = made["patients"] if isinstance(made, dict) else made
    return Tables(equal(schema.encode(made)), [made])


METHODS: dict[str, tuple[Callable[[Sources, int], Tables], str]] = {
    "ddlib, merged rows": (merged_rows, ""),
    "ddlib, draws": (draws, ""),
    "SDV's Gaussian copula": (partial(with_sdv, num_rows=NUM_ROWS), "sdv"),
    "the same, more rows": (partial(with_sdv, num_rows=MORE_ROWS), "sdv"),
    "miceforest": (with_miceforest, "miceforest lightgbm<4.6"),
    "gcimpute": (with_gcimpute, "gcimpute"),
    "scikit-learn's IterativeImputer": (iterative_imputer, ""),
    "mean filling": (mean_filling, ""),
}
"""What makes tables of sources, and the packages that it takes beside ddlib's own."""


def as_values(codes: np.ndarray, schema: Schema) -> pd.DataFrame:
    """The values that codes stand for; a code that is no level's stays a number."""
    values: dict[str, Any] = {}
    for column, own in zip(schema.columns, codes.T, strict=True):
        known = np.isin(own, np.arange(len(column.levels))) | (not column.levels)
        named = bool(column.levels) and bool(known.all())
        whole = column.dtype == "int64" and bool((own == np.rint(own)).all())
        values[column.name] = [column.levels[int(code)] for code in own] if named else own
        if whole and not column.levels:
            values[column.name] = own.astype(int)
    return pd.DataFrame(values)


def kept(values: pd.DataFrame, schema: Schema) -> float:
    """The share of the columns whose type, range, levels and decimals are those of the tables."""
    faults = [Schema((column,)).faults(values[[column.name]]) for column in schema.columns]
    return float(np.mean([not found for found in faults]))


def judged(name: str, split: int) -> dict[str, object]:
    """How one method does on one split."""
    parts = cut("pbc", split)
    # Some splits have few patients with ascites: the trial is public, and keeps all its levels.
    sources = read_sources(parts.tables, Settings(min_count=1))
    schema, codes = sources.schema, sources.codes()[0]
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = METHODS[name][0](sources, split)
    seconds = time.process_time() - start
    (task,) = parse_tasks([TASK], schema)
    test = schema.encode(parts.held_out)
    # The units of the terms are those of the tables filled alike, for all methods.
    design = Design.of(task, schema, [fill(codes, codes, schema)])
    auc = prediction(design, made.rows, test, fill(test, codes, schema))
    values = made.values or [as_values(rows, schema) for rows, _ in made.rows]
    return {
        "split": split,
        "method": name,
        "rows": f"{len(made.rows)} × {len(made.rows[0][0])}",
        "AUC": auc,
        "kept": np.mean([kept(each, schema) for each in values]),
        "seconds": seconds,
    }


def summary(found: pd.DataFrame, test_share: float) -> pd.DataFrame:
    """A row for each method, and how far the merged rows' AUC is above its own."""
    scores = found.pivot(index="split", columns="method", values="AUC")
    lines = []
    for name, own in found.groupby("method", sort=False):
        above = scores["ddlib, merged rows"] - scores[name]
        low, high = resampled_interval(above, test_share=test_share)
        first = name == "ddlib, merged rows"
        lines.append(
            {
                "method": name,
                "rows": own["rows"].iloc[0],
                "AUC": f"{own['AUC'].mean():.3f}",
                "merged rows above it": "" if first else number(above.mean(), "+.3f"),
                "95 % interval": ""
                if first
                else f"{number(low, '+.3f')} to {number(high, '+.3f')}",
                "columns kept, %": f"{100 * own['kept'].mean():.0f}",
                "seconds": own["seconds"].median(),
                "splits": len(own),
            }
        )
    return pd.DataFrame(lines)


@pytest.mark.benchmark
def test_against_other_libraries(record: Record) -> None:
    there = []
    for name, (_, package) in METHODS.items():
        try:
            import_module(package.split()[0] if package else "ddlib")
            there.append(name)
        except ImportError:
            print(f"{name} is left out; to install: pip install {shlex.join(package.split())}")
    found = pd.DataFrame([judged(name, split) for split in range(SPLITS) for name in there])
    own = found[found["method"] == "ddlib, merged rows"]
    assert (own["kept"] == 1).all()
    patients = TRIALS["pbc"].num_test + len(cut("pbc", 0).whole)
    record("merge_peers", summary(found, TRIALS["pbc"].num_test / patients))
