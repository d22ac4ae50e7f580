"""The best method of each task against counts by hand, and groups against what methods say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ddlib.benchmark.firsts import first_places
from ddlib.benchmark.groups import GROUPS, KEEP, NEITHER, OWN, REPLACE, group_of, of_group
from ddlib.claims.claim import read_claims
from ddlib.distillers import DISTILLERS

DRAWS = 12
BASE = 3.0 + np.arange(DRAWS) / 10


def rows_of(values, *, bound):
    """Rows of a task on which a method has the given values, one per draw."""
    usual = {"family": "f", "task": "a", "judged_on": "a", "num_rows": 4, "share": 1.0}
    told = [
        usual | {"method": method, "seed": seed, "value": value, "bound": bound}
        for method, several in values.items()
        for seed, value in enumerate(several)
    ]
    return pd.DataFrame(told).assign(refusal="")


VALUES = {
    "validated random": BASE,
    "random": BASE - 2.9,  # no method
    "second": BASE - 1.0,
    "third": BASE + 1.0,
    "best": BASE - 2.0,
    "refuses once": [0.0] * (DRAWS - 1),
}


def test_the_best_method_is_held_against_the_baseline_and_the_second():
    (line,) = first_places(rows_of(VALUES, bound=0.5), {"f": 0.0}).to_dict("records")
    ratios = np.sort((BASE - 2.5) / (BASE - 0.5))
    assert (line["method"], line["second"], line["methods"], line["draws"]) == (
        "best", "second", 3, DRAWS,
    )  # fmt: skip
    assert (line["measure"], line["score"]) == ("ratio", pytest.approx(np.median(ratios)))
    # The third smallest and largest of twelve: below either lie two at most with 1.9 %.
    assert (line["low"], line["high"]) == pytest.approx((ratios[2], ratios[-3]))
    assert line["p_value"] == pytest.approx(2 * 0.5**DRAWS)
    assert line["verdict"] == "better"


def test_without_a_bound_the_score_is_the_difference_and_draws_of_one_table_have_a_mean():
    noise = np.tile([-0.5, 0.5], DRAWS // 2)
    values = VALUES | {"second": BASE - 1.99 + noise}
    (line,) = first_places(rows_of(values, bound=np.nan), {"f": 0.25}).to_dict("records")
    assert (line["measure"], line["score"]) == ("difference", pytest.approx(-2.0))
    apart = -0.01 - noise
    spread = np.sqrt((1 / DRAWS + 0.25) * apart.var(ddof=1))
    wanted = 2 * stats.t.sf(abs(apart.mean()) / spread, DRAWS - 1)
    assert line["p_value"] == pytest.approx(wanted)
    assert line["verdict"] == "not told apart"


def test_one_method_has_no_second():
    values = {"validated random": BASE, "best": BASE}
    with pytest.raises(ValueError, match=r"rows: 1 methods at .*must have at least 2"):
        first_places(rows_of(values, bound=0.5), {"f": 0.0})


def test_each_method_is_in_the_group_that_its_departures_say():
    for name, method in DISTILLERS.items():
        replaced = {"learner", "criterion"} & {*method.departs}
        wanted = {0: {KEEP}, 1: {REPLACE}, 2: {OWN, NEITHER}}[len(replaced)]
        assert group_of(name) in wanted, name
    assert of_group(OWN, DISTILLERS) == ["kernel inducing points", "FRePo", "NTK inducing points"]
    assert "validated random" not in of_group(KEEP, DISTILLERS)


def test_methods_that_see_neither_are_those_of_the_claim():
    condition = read_claims()["heuristic"].readings[0].plus[0].where
    for name in DISTILLERS:
        quoted = f"'{name}'" in condition
        assert quoted == (name in of_group(NEITHER, DISTILLERS)), name


def test_unknown_names_are_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"method = 'mine': must be one of random, herding"):
        group_of("mine")
    with pytest.raises(ValueError, match=r"group = 'mine': must be one of keep, replace, own, nei"):
        of_group("mine", DISTILLERS)
    assert [*GROUPS] == [KEEP, REPLACE, OWN, NEITHER]
