"""Names around a network keep apart, at the places nearest to where they should be."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from scipy.optimize import minimize

from ddlib.html.network import HEIGHT, apart, network


@pytest.mark.parametrize(
    "wanted",
    [[10.0, 50, 90], [20.0, 21, 22, 23], [12.0, 30, 31, 80, 81, 82, 99], [40.0] * 5, [5.0], []],
)
def test_places_keep_apart_and_are_the_nearest(wanted):
    found = np.array(apart(wanted, 10.0, 200.0))
    assert (np.diff(found) >= 10 - 1e-9).all()
    if len(wanted):
        bounds = [{"type": "ineq", "fun": lambda x, k=k: x[k + 1] - x[k] - 10} for k in
                  range(len(wanted) - 1)]  # fmt: skip
        start = wanted[0] + 15.0 * np.arange(len(wanted))
        best = minimize(
            lambda x: np.square(x - wanted).sum(), start, constraints=bounds,
            bounds=[(10, 200)] * len(wanted), method="SLSQP", options={"ftol": 1e-12},
        )  # fmt: skip
        assert np.square(found - wanted).sum() <= best.fun + 1e-4


def test_places_stay_within_their_bounds():
    assert apart([90.0, 99.0, 100.0], 10.0, 100.0) == [80.0, 90.0, 100.0]
    assert apart([-5.0, 0.0], 10.0, 100.0) == [10.0, 20.0]


@pytest.mark.parametrize("count", [4, 9, 48])
def test_no_name_lies_on_another(count):
    partial = np.eye(count)
    pairs = [(k, k + 1) for k in range(0, count - 1, 2)]
    for i, j in pairs:
        partial[i, j] = partial[j, i] = 0.3
    names = [f"column number {k}" for k in range(count)]
    picture = network(names, partial, pairs, [True] * count)
    texts = BeautifulSoup(picture, "html.parser").find_all("text")
    nodes = {node for pair in pairs for node in pair}
    assert len(texts) == len(nodes)
    for side in ("start", "end"):
        places = sorted(float(t["y"]) for t in texts if t["text-anchor"] == side)
        assert (np.diff(places) >= 13 - 0.02).all()
        assert all(9 <= place <= HEIGHT for place in places)
    ends = {t["text-anchor"]: float(t["x"]) for t in texts}
    assert ends["end"] < ends["start"]
    assert re.search(r"strongest direct dependences among \d+ columns", picture)
