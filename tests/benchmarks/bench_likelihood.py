"""Speed of likelihood and learning: `pytest -m benchmark -s tests/benchmarks/bench_likelihood.py`.

A case is p variables over T slices, with n trajectories; times are the best of three in this
process. The peers score a subset of the trajectories, and their time is scaled up to all of them.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from ddlib.dbn import LinearGaussianDBN, learn_dbn
from ddlib.dbn.kalman import filter_log_likelihood

NOISE_STD, NUM_ROWS, SUBSET = 0.3, 1000, 20


class Timing(NamedTuple):
    """Seconds of this library, and of a peer on the same trajectories if there is one."""

    case: str
    seconds: float
    peer: str = ""
    peer_seconds: float = float("nan")
    error: float = 0.0  # largest difference from the peer's values, relative
    allowed: float = 1e-8

    def row(self) -> dict[str, object]:
        return {
            "case": self.case,
            "ms": 1000 * self.seconds,
            "peer": self.peer,
            "peer, ms": 1000 * self.peer_seconds,
            "times as fast": self.peer_seconds / self.seconds,
        }


def best_of_three(call: Callable[[], object]) -> tuple[float, object]:
    """Return the least seconds of three calls, and what the last one returned."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def draw_case(num_variables: int, num_slices: int) -> tuple[LinearGaussianDBN, Tensor]:
    generator = torch.Generator().manual_seed(0)
    network = LinearGaussianDBN.random(num_variables, generator=generator)
    return network, network.sample(NUM_ROWS, num_slices, generator=generator)


def measure(rows: Tensor) -> Tensor:
    noise = torch.randn(rows.shape, generator=torch.Generator().manual_seed(1), dtype=rows.dtype)
    return rows + NOISE_STD * noise


def hide_by_source(rows: Tensor) -> Tensor:
    """Four sources, each blind to a quarter of the variables."""
    rows, quarter = rows.clone(), rows.shape[2] // 4
    for source, part in enumerate(torch.arange(len(rows)).chunk(4)):
        rows[part, :, source * quarter : (source + 1) * quarter] = torch.nan
    return rows


def hide_scattered(rows: Tensor) -> Tensor:
    share = torch.rand(rows.shape, generator=torch.Generator().manual_seed(2))
    return rows.masked_fill(share < 0.3, torch.nan)


def statsmodels_log_likelihood(network: LinearGaussianDBN, rows: Tensor) -> list[float]:
    """Score each trajectory by a filter of its own, as the peer takes one series at a time."""
    from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

    p = network.num_variables
    effects = network.transition.reduced_form()
    shift, shock = network.transition.moments()
    found = []
    for row in rows.numpy():
        peer = KalmanFilter(k_endog=p, k_states=p)
        peer.bind(np.asfortranarray(row.T))
        peer["design"] = peer["selection"] = np.eye(p)
        peer["obs_cov"] = NOISE_STD**2 * np.eye(p)
        peer["transition"] = (network.lagged @ effects).T.numpy()
        peer["state_intercept"], peer["state_cov"] = shift[:, None].numpy(), shock.numpy()
        peer.initialize_known(*[moment.numpy() for moment in network.initial.moments()])
        found.append(peer.loglike())
    return found


def time_likelihood(
    case: str, score: Callable[[Tensor], Tensor], rows: Tensor, network: LinearGaussianDBN
) -> Timing:
    """Time `score` on all rows against statsmodels on a subset, and require the same values."""
    seconds, density = best_of_three(lambda: score(rows))
    subset = torch.arange(0, len(rows), len(rows) // SUBSET)
    peer_seconds, expected = best_of_three(
        lambda: statsmodels_log_likelihood(network, rows[subset])
    )
    error = np.abs(density[subset].numpy() / expected - 1).max()
    return Timing(case, seconds, "statsmodels", peer_seconds * len(rows) / len(subset), error)


def time_hidden() -> list[Timing]:
    network, rows = draw_case(50, 10)
    rows = measure(rows)

    def by_network(rows: Tensor) -> Tensor:
        return network.log_likelihood(rows, noise_std=NOISE_STD)

    def by_filter(rows: Tensor) -> Tensor:
        parameters = network.initial, network.transition, network.lagged
        return filter_log_likelihood(*parameters, rows, NOISE_STD**2)

    sources, scattered = hide_by_source(rows), hide_scattered(rows)
    torch.testing.assert_close(by_network(scattered[:SUBSET]), by_filter(scattered[:SUBSET]))
    return [
        time_likelihood("p = 50, T = 10, four sources, network", by_network, sources, network),
        time_likelihood("p = 50, T = 10, four sources, filter", by_filter, sources, network),
        time_likelihood("p = 50, T = 10, scattered 30 %, filter", by_filter, scattered, network),
    ]


def time_complete() -> Timing:
    network, rows = draw_case(6, 2)
    model = network.to_pgmpy(2)
    names = [f"x{i}_t{t}" for t in range(2) for i in range(6)]
    table = pd.DataFrame(rows.flatten(1).numpy(), columns=names)
    seconds, density = best_of_three(lambda: network.log_likelihood(rows).sum().item())
    peer_seconds, expected = best_of_three(lambda: model.log_likelihood(table))
    error = abs(density / expected - 1)
    case = "p = 6, T = 2, complete, network"
    return Timing(case, seconds, "pgmpy", peer_seconds, error, 1e-7)  # it rounds the covariance


def time_learning() -> tuple[Timing, float]:
    """Return the time, and what the fit loses against the law on its own rows, nats per row."""
    network, rows = draw_case(50, 10)
    seconds, learned = best_of_three(lambda: learn_dbn(rows))
    loss = (network.log_likelihood(rows) - learned.log_likelihood(rows)).mean().item()
    return Timing("p = 50, T = 10, complete, learn_dbn", seconds), loss


@pytest.mark.benchmark
def test_likelihood_and_learning_are_those_of_the_peers(
    record: Callable[[str, pd.DataFrame], None],
) -> None:
    scored = [*time_hidden(), time_complete()]
    for timing in scored:
        assert timing.error <= timing.allowed, timing.case
    learning, loss = time_learning()
    assert loss < 1
    record("likelihood", pd.DataFrame([timing.row() for timing in (*scored, learning)]))
