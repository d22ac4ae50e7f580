"""How fast and good structure search is beside PyBNesian and pgmpy.

Run it by `pytest -m benchmark -s tests/benchmarks/bench_structure.py`, with one thread and the
package pybnesian, 0.5.1 or later, at hand. The search space is that of a DBN's transition: columns
(x_{t−1}, x_t), arcs into x_t alone. Times of `hill_climb` include making the covariance.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.dbn import LinearGaussianDBN, bic_score, hill_climb

Record = Callable[[str, pd.DataFrame], None]
P = 10
TARGETS = range(P, 2 * P)
NAMES = [f"x{i}_t{t}" for t in range(2) for i in range(P)]
BLACKLIST = [(a, b) for a in NAMES for b in NAMES[:P] if a != b]
SEARCHES = {
    "from no arcs": {"start": np.zeros((2 * P, 2 * P))},
    "1 order": {},
    "2 orders": {"orders": 2},
    "3 orders": {"orders": 3},
    "patience 5": {"patience": 5},
    "patience 5, 3 orders": {"patience": 5, "orders": 3},
}


def sample_rows(seed: int, num_rows: int) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    network = LinearGaussianDBN.random(P, generator=generator)
    return network.sample(num_rows, 2, generator=generator).reshape(num_rows, 2 * P).numpy()


def covariance_of(rows: np.ndarray) -> np.ndarray:
    centred = rows - rows.mean(axis=0)
    return centred.T @ centred / len(rows)


def search(rows: np.ndarray, **options: object) -> np.ndarray:
    return hill_climb(covariance_of(rows), len(rows), targets=TARGETS, **options)


def search_with_pybnesian(rows: np.ndarray) -> np.ndarray:
    pybnesian = pytest.importorskip("pybnesian", reason="the peer pybnesian is not installed")
    model = pybnesian.hc(
        pd.DataFrame(rows, columns=NAMES),
        bn_type=pybnesian.GaussianNetworkType(),
        score="bic",
        arc_blacklist=BLACKLIST,
    )
    return as_graph(model.arcs())


def search_with_pgmpy(rows: np.ndarray) -> np.ndarray:
    discovery = pytest.importorskip("pgmpy.causal_discovery")
    climb = discovery.HillClimbSearch(
        scoring_method="bic-g",
        expert_knowledge=discovery.ExpertKnowledge(forbidden_edges=BLACKLIST),
        return_type="dag",
        show_progress=False,
    )
    climb.fit(pd.DataFrame(rows, columns=NAMES))
    return as_graph(climb.causal_graph_.edges())


def as_graph(arcs: list[tuple[str, str]]) -> np.ndarray:
    graph = np.zeros((2 * P, 2 * P), dtype=bool)
    for parent, child in arcs:
        graph[NAMES.index(parent), NAMES.index(child)] = True
    return graph


def timed(find: Callable[..., np.ndarray], *args: object, **options: object) -> tuple:
    start = time.perf_counter()
    result = find(*args, **options)
    return time.perf_counter() - start, result


def compare(peer: Callable[..., np.ndarray], seeds: range, num_rows: int) -> pd.DataFrame:
    """Return, for each search: time, ratio to the peer, networks where the BIC is no worse."""
    seconds = {name: [] for name in ["peer", *SEARCHES]}
    excess = {name: [] for name in SEARCHES}
    for seed in seeds:
        rows = sample_rows(seed, num_rows)
        covariance = covariance_of(rows)
        taken, graph = timed(peer, rows)
        seconds["peer"].append(taken)
        bar = bic_score(covariance, num_rows, graph).sum()
        for name, options in SEARCHES.items():
            taken, graph = timed(search, rows, **options)
            seconds[name].append(taken)
            found = bic_score(covariance, num_rows, graph).sum()
            excess[name].append((found - bar) / abs(bar))
    slow = median(seconds["peer"])
    table = pd.DataFrame(
        {
            "ms": {name: 1000 * median(seconds[name]) for name in SEARCHES},
            "times as fast": {name: slow / median(seconds[name]) for name in SEARCHES},
            "no worse": {name: sum(e >= -1e-6 for e in excess[name]) for name in SEARCHES},
            "better": {name: sum(e > 1e-6 for e in excess[name]) for name in SEARCHES},
        }
    )
    table.insert(0, "peer, ms", 1000 * slow)
    return table.rename_axis("search").reset_index()


@pytest.mark.benchmark
@pytest.mark.parametrize(("num_rows", "num_networks"), [(500, 100), (50_000, 3)])
def test_against_pybnesian(num_rows: int, num_networks: int, record: Record) -> None:
    pytest.importorskip("pybnesian", reason="the peer pybnesian is not installed")
    table = compare(search_with_pybnesian, range(num_networks), num_rows)
    assert (table.set_index("search").loc["1 order":, "no worse"] >= 0.95 * num_networks).all()
    record(f"structure_pybnesian_{num_rows}", table.assign(networks=num_networks))


@pytest.mark.benchmark
def test_against_pgmpy(record: Record) -> None:
    table = compare(search_with_pgmpy, range(2), 500)
    assert (table["no worse"] == 2).all()
    record("structure_pgmpy", table.assign(networks=2))


@pytest.mark.benchmark
def test_a_batch_costs_a_small_multiple_of_one(record: Record) -> None:
    covariance = np.stack([covariance_of(sample_rows(seed, 500)[:, 4:16]) for seed in range(32)])
    targets = range(6, 12)
    alone = [timed(hill_climb, one, 500, targets=targets) for one in covariance]
    together = [timed(hill_climb, covariance, 500, targets=targets) for _ in range(9)]
    np.testing.assert_array_equal(together[0][1], np.stack([graph for _, graph in alone]))
    one, all_ = (1000 * median(seconds for seconds, _ in runs) for runs in (alone, together))
    table = pd.DataFrame([{"searches": 32, "one, ms": one, "all, ms": all_, "ratio": all_ / one}])
    record("structure_batch", table)
