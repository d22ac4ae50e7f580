"""References and gaps of the matrices, against hand-made tables."""

import pandas as pd
import pytest

from ddlib.experiments.gaps import refusals, with_gaps


def row(method, value, *, draw=0, seed=0, judged_on="a", refusal=""):
    return {
        "seed": seed, "family": "f", "num_rows": 4, "task": "a", "method": method, "draw": draw,
        "judged_on": judged_on, "value": value, "refusal": refusal,
    }  # fmt: skip


@pytest.fixture
def table():
    random = [row("random", value, draw=i) for i, value in enumerate((3.0, 5.0, 90.0))]
    other = [row("random", 8.0, judged_on="b"), row("all rows", 4.0, judged_on="b")]
    sets = [row("m", 2.0), row("m", 4.0, judged_on="b")]
    refused = row("n", float("nan"), judged_on="", refusal="layout: none")
    return pd.DataFrame([*random, row("all rows", 1.0), *other, *sets, refused])


def test_the_gap_is_between_the_median_subset_and_all_rows_of_the_same_criterion(table):
    gaps = with_gaps(table)
    ours = gaps[gaps["method"] == "m"].set_index("judged_on")
    assert ours.loc["a", ["subset", "clean", "gap"]].tolist() == [5.0, 1.0, 0.75]
    assert ours.loc["b", ["subset", "clean", "gap"]].tolist() == [8.0, 4.0, 1.0]
    assert "all rows" not in set(gaps["method"])


def test_random_subsets_have_a_gap_each(table):
    gaps = with_gaps(table)
    on_a = gaps[(gaps["method"] == "random") & (gaps["judged_on"] == "a")]
    assert on_a["gap"].tolist() == [0.5, 0.0, -21.25]


@pytest.mark.parametrize("lost", ["random", "all rows"])
def test_a_set_without_references_is_refused(table, lost):
    extra = pd.DataFrame([row("m", 2.0, seed=1), row(lost, 1.0, seed=2)])
    kept = "all rows" if lost == "random" else "random"
    with pytest.raises(ValueError, match=r"not all rows, for \{'seed': 1"):
        with_gaps(pd.concat([table, extra, pd.DataFrame([row(kept, 1.0, seed=1)])]))


def test_refusals_are_listed_once(table):
    twice = pd.concat([table, table.assign(seed=1)])
    assert refusals(twice).to_dict("records") == [
        {"method": "n", "task": "a", "refusal": "layout: none"}
    ]
    assert (with_gaps(table)["refusal"] == "").all()
