"""What a step of distillation costs over the rows of a source, once the statistics are made.

Run it by `pytest -m benchmark -s tests/benchmarks/bench_distillation.py`, with one thread. Times
are medians over steps; the two sizes take turns, so that the load of the machine is the same.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

import pandas as pd
import pytest
import torch
from torch import Generator, Tensor
from torch.optim import Adam

from ddlib.dbn import DBNLearner
from ddlib.distillers.first_order import FirstOrder
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.experiments.sources import SourcesConfig, draw_data
from ddlib.merge import initial_rows, merging_problem
from ddlib.problem import Distiller

SIZES, NUM_STEPS = (1_000, 1_000_000), 60
DISTILLERS = {
    "Algorithm 1 (caption)": ZerothOrder(0.1),
    "learning from all, 16 directions": ZerothOrder(
        0.1, 16, antithetic=True, learn_from="all", optimizer=partial(Adam, lr=0.03)
    ),
    "first-order": FirstOrder(),
}


def start(sources: list[Tensor], distiller: Distiller) -> Iterator[Tensor]:
    """Steps on one set of rows for both sizes: graphs, and so work, are nearly the same."""
    generator = Generator().manual_seed(0)
    rows = initial_rows([source[:1000] for source in sources], 20, generator=generator)
    learner = DBNLearner(0.3, effective_size=4000)
    problem = merging_problem(sources, rows, learner=learner, noise_std=0.3)
    return distiller.steps(problem, generator=generator)


@pytest.mark.benchmark
def test_a_step_costs_the_same_for_a_million_rows(
    record: Callable[[str, pd.DataFrame], None],
) -> None:
    config = SourcesConfig(seed=0, training_rows=SIZES[-1])
    sources = draw_data(config, generator=Generator().manual_seed(0)).training
    table = []
    for name, distiller in DISTILLERS.items():
        runs = {size: start([source[:size] for source in sources], distiller) for size in SIZES}
        seconds = {size: [] for size in SIZES}
        for _ in range(NUM_STEPS):
            for size, steps in runs.items():
                began = time.perf_counter()
                next(steps)
                seconds[size].append(time.perf_counter() - began)
        few, many = (1000 * median(seconds[size][5:]) for size in SIZES)
        table.append(
            {
                "step": name,
                "ms at 1\u202f000 rows per source": few,
                "ms at 1\u202f000\u202f000": many,
                "ratio": many / few,
            }
        )
    record("distillation", pd.DataFrame(table))
    assert torch.isfinite(next(runs[SIZES[-1]])).all()
