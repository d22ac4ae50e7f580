"""Data of the wrong kind are refused by name; complex ones would lose their imaginary part."""

import numpy as np
import pytest
import torch

from ddlib.dbn import (
    LinearGaussianCPDs,
    LinearGaussianDBN,
    SufficientStatistics,
    bic_score,
    draw,
    fit_em,
    hill_climb,
    impute,
    learn_dbn,
    negative_log_likelihood,
    seen_together,
)
from ddlib.dbn.completion import maximum_entropy_completion
from tests.shared.refusals import HUGE, assert_refused, seeded

NETWORK = LinearGaussianDBN.random(2, generator=torch.Generator().manual_seed(0))
ROWS = NETWORK.sample(20, 2, generator=torch.Generator().manual_seed(1))


TAKES_ROWS = {
    "data": learn_dbn,
    "rows": negative_log_likelihood,
    "trajectories": NETWORK.log_likelihood,
}
TRAJECTORIES = {
    "log_likelihood": NETWORK.log_likelihood,
    "impute": lambda rows: impute(NETWORK, rows),
    "statistics": SufficientStatistics.from_trajectories,
    "draw": lambda rows: draw(rows, *NETWORK.moments(2), torch.zeros(4), generator=seeded()),
}
NO_DATA = [
    (None, " = None: must be a tensor of real numbers"),
    ("x", " = 'x': must be a tensor of real numbers"),
    ({}, ": a dict; must be a tensor of real numbers"),
    ((row for row in ROWS), ": a generator; must be a tensor of real numbers"),
    ([1j], ": a list; must be a tensor of real numbers"),
    ([np.complex128(1j)], ": a list; must be a tensor of real numbers"),
    ([[1], [1, 2]], ": a list; must be a tensor of real numbers"),
    ([HUGE], ": a list; must be a tensor of real numbers"),
    (np.array([None]), ": a ndarray; must be a tensor of real numbers"),
    (ROWS.to(torch.complex128), ": torch.complex128; must be real"),
    (ROWS.numpy().astype(complex), ": torch.complex128; must be real"),
    (ROWS.to_sparse(), ": torch.sparse_coo; must be a dense tensor"),
]


@pytest.mark.parametrize(("data", "message"), NO_DATA)
def test_what_is_no_tensor_of_real_numbers_is_no_data(data, message):
    for name, function in TAKES_ROWS.items():
        assert_refused(lambda call=function: call(data), name + message)
    for function in TRAJECTORIES.values():
        assert_refused(lambda call=function: call(data), "trajectories" + message)
    for function in (lambda given: fit_em(given, noise_std=0.1), seen_together):
        assert_refused(lambda call=function: call([ROWS, data]), "sources[1]" + message)
        assert_refused(lambda call=function: call({"a": data}), "sources['a']" + message)


def test_arrays_and_numbers_in_lists_are_data():
    expected = NETWORK.log_likelihood(ROWS)
    for rows in (ROWS.numpy(), ROWS.tolist()):
        torch.testing.assert_close(NETWORK.log_likelihood(rows), expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (ROWS, "sources: a Tensor"),
        (ROWS.numpy(), "sources: a ndarray"),
        (True, "sources = True"),
        (5, "sources = 5"),
        (1j, "sources: a complex"),
        (None, "sources = None"),
        ("ab", "sources = 'ab'"),
        ((rows for rows in [ROWS]), "sources: a generator"),
    ],
)
def test_what_is_no_sequence_of_sources_is_refused(sources, message):
    wanted = "must be a sequence or mapping of tensors"
    message += f": {wanted}" if "=" in message else f"; {wanted}"
    assert_refused(lambda: fit_em(sources, noise_std=0.1), message)
    assert_refused(lambda: seen_together(sources), message)


def test_complex_parameters_and_moments_are_refused():
    cpds = {"bias": torch.zeros(2), "weights": torch.zeros(2, 2), "variances": torch.ones(2)}
    unit, known = torch.eye(2, dtype=torch.complex128), torch.ones(2, 2, dtype=torch.bool)
    for name in cpds:
        changed = cpds | {name: cpds[name].to(torch.complex64)}
        assert_refused(
            lambda c=changed: LinearGaussianCPDs(**c), f"{name}: torch.complex64; must be real"
        )
    std = torch.ones(2, dtype=torch.complex128)
    assert_refused(
        lambda: NETWORK.moments(2, noise_std=std), "noise_std: torch.complex128; must be real"
    )
    assert_refused(
        lambda: maximum_entropy_completion(unit, known),
        "covariance: torch.complex128; must be real",
    )
    message = "covariance: complex numbers; must be real"
    assert_refused(lambda: hill_climb(unit.numpy(), 5), message)
    assert_refused(lambda: bic_score(unit.numpy(), 5, np.zeros((2, 2))), message)
