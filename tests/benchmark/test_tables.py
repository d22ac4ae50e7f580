"""Tables of the benchmark against sums by hand: differences, words, ranks, transfer, bootstrap."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ddlib.benchmark.draws import interval
from ddlib.benchmark.export import as_latex
from ddlib.benchmark.leads import leads
from ddlib.benchmark.ranks import rank_correlations
from ddlib.benchmark.regrets import regret_ratios
from ddlib.benchmark.tables import scores, standings, transfer

# method -> value at each of three draws, of sets made for a and judged on a, ..., b and b.
VALUES = {
    "validated random": {("a", "a"): (3, 4, 5), ("b", "b"): (5, 5, 5), ("a", "b"): (6, 7, 9)},
    "descent": {("a", "a"): (2, 5, 3), ("b", "b"): (1, 2, 3), ("a", "b"): (2, 4, 6)},
    "at once": {("a", "a"): (1, 6, 5), ("b", "b"): (9, 9, 9), ("b", "a"): (0, 0, 0)},
}
LATE = {"validated random": 0.0, "descent": 0.02, "at once": np.nan}
OVERLAPS = {"f": 0.25}


def row(method, task, judged, seed, value, **more):
    usual = {
        "family": "f", "task": task, "method": method, "seed": seed, "num_rows": 4,
        "judged_on": judged, "share": 1.0, "value": float(value), "bound": 0.5,
        "late_gain": LATE.get(method, np.nan), "seconds": 2.0 + seed, "refusal": "",
        "evaluations": 10 * seed, "gradients": -1, "training_steps": 0, "looks": 5,
        "memory": np.nan,
    }  # fmt: skip
    return usual | more


@pytest.fixture
def rows():
    told = [
        row(method, task, judged, seed, value)
        for method, values in VALUES.items()
        for (task, judged), several in values.items()
        for seed, value in enumerate(several)
    ]
    for seed in range(3):
        told.append(row("descent", "a", "a", seed, 8 - seed, share=0.5))
        for judged in "ab":
            told.append(row("all rows", "a", judged, seed, 0.75, num_rows=9))
            told.append(row("random", "a", judged, seed, 7))
        told.append(row("refuses", "b", "", seed, np.nan, share=np.nan, refusal="has no loss"))
    return pd.DataFrame(told)


def line(table, task, method):
    (found,) = table[(table.task == task) & (table.method == method)].to_dict("records")
    return found


def test_methods_stand_beside_what_costs_nothing_with_intervals_of_re_splits(rows):
    table = standings(rows[rows.num_rows == 4], OVERLAPS)
    found = line(table, "a", "descent")
    values = np.array([2.0, 5.0, 3.0])
    half = stats.t.ppf(0.975, 2) * np.sqrt((1 / 3 + 0.25) * values.var(ddof=1))
    assert (found["value"], found["draws"]) == (pytest.approx(10 / 3), 3)
    assert (found["low"], found["high"]) == pytest.approx((10 / 3 - half, 10 / 3 + half))
    apart = np.array([-1.0, 1.0, -2.0])
    half = stats.t.ppf(0.975, 2) * np.sqrt((1 / 3 + 0.25) * apart.var(ddof=1))
    assert found["difference"] == pytest.approx(-2 / 3)
    assert found["difference_high"] - found["difference_low"] == pytest.approx(2 * half)
    assert found["wins"] == 2
    assert found["regret"] == pytest.approx(10 / 3 - 0.5)
    assert (found["converged"], found["seconds"], found["evaluations"]) == (0, 3.0, 10)
    assert np.isnan([found["gradients"], found["memory"]]).all()
    # Draws are ranked among random 7, validated random, descent and at once.
    assert found["rank"] == pytest.approx(np.mean([2, 2, 1]))
    assert line(table, "a", "at once")["wins"] == 2
    assert line(table, "a", "random")["difference"] == pytest.approx(3)
    refused = line(table, "b", "refuses")
    assert (refused["draws"], refused["note"]) == (0, "has no loss")


def test_all_rows_and_random_rows_stand_first_in_each_task_and_budget(rows):
    table = standings(rows, OVERLAPS)
    for task in "ab":
        own = table[(table.task == task) & (table.num_rows == 4)]
        assert own.method.tolist()[:3] == ["all rows", "random", "validated random"]
        assert own.value.tolist()[:2] == [0.75, 7]
        assert np.isnan(own["rank"].iloc[0])


def test_an_earlier_share_has_the_earlier_sets_and_what_is_done_at_once(rows):
    table = scores(rows, share=0.5)
    descent = table[(table.method == "descent") & (table.judged_on == "a")]
    assert sorted(descent.value) == [6, 7, 8]
    assert sorted(table[(table.method == "at once") & (table.task == "a")].value) == [1, 5, 6]
    with pytest.raises(ValueError, match=r"share = 0.3: must be one of 0.5, 1.0"):
        scores(rows, share=0.3)


def test_rows_of_two_settings_are_not_mixed(rows):
    with pytest.raises(ValueError, match=r"rows: several for .*'method': 'validated random'"):
        scores(pd.concat([rows, rows.iloc[:1]]))


def test_transfer_is_the_difference_to_sets_made_for_the_task_that_judges(rows):
    table = transfer(rows, OVERLAPS).set_index(["method", "task", "judged_on"])
    found = table.loc["descent", "a", "b"]
    assert (found.value, found.difference) == (pytest.approx(4), pytest.approx(2))
    assert found.difference_low == pytest.approx(interval(pd.Series([1.0, 2, 3]), 0.25)[0])
    assert table.loc["at once", "b", "a"].difference == pytest.approx(-4)
    assert table.loc["descent", "b", "b"].difference == 0


@pytest.mark.parametrize(("overlap", "most"), [(0.25, 1), (0.0, 5)])
def test_too_few_draws_have_no_interval(overlap, most):
    assert np.isnan(interval(pd.Series(np.arange(float(most))), overlap)).all()
    assert np.isfinite(interval(pd.Series(np.arange(most + 1.0)), overlap)).all()


def test_draws_with_data_of_their_own_have_medians_and_sign_tests(rows):
    """One draw on which a learner goes wrong moves neither the number nor the word."""
    told = [row("validated random", "a", "a", seed, 10) for seed in range(20)]
    told += [row("descent", "a", "a", seed, 9 - seed / 10) for seed in range(1, 20)]
    told += [row("descent", "a", "a", 0, 1e20)]
    told += [row("at once", "a", "a", seed, 10 + (seed % 2 or -1)) for seed in range(20)]
    table = standings(pd.DataFrame(told), {"f": 0.0})
    found = line(table, "a", "descent")
    assert (found["statistic"], found["value"]) == ("median", pytest.approx(9 - 0.95))
    assert found["difference"] == pytest.approx(-1.95)
    # Order statistics: with 20 draws from the 6th to the 15th.
    ordered = sorted([1e20, *(9 - seed / 10 for seed in range(1, 20))])
    assert (found["low"], found["high"]) == pytest.approx((ordered[5], ordered[14]))
    assert found["verdict"] == "better"
    assert line(table, "a", "at once")["verdict"] == "not told apart"
    assert line(table, "a", "validated random")["verdict"] == ""


def test_words_are_adjusted_for_all_lines_of_the_table():
    """9 of 10 draws tell one method alone, p = 0.02, and not one of three, on other tasks too."""
    better = [9.0] * 9 + [11.0]
    told = [row("validated random", "a", "a", seed, 10) for seed in range(10)]
    alone = told + [row("m", "a", "a", seed, v) for seed, v in enumerate(better)]
    several = alone + [row(n, "a", "a", s, v) for n in ("k", "l") for s, v in enumerate(better)]
    other = [{**each, "task": b, "judged_on": b} for each in alone for b in ("a", "b", "c")]
    words = [
        line(standings(pd.DataFrame(each), {"f": 0.0}), "a", "m")["verdict"]
        for each in (alone, several, other)
    ]
    assert words == ["better", "not told apart", "not told apart"]


def test_regrets_are_held_against_those_of_the_best_random_sets(rows):
    table = regret_ratios(rows).set_index(["task", "method", "seed"])
    assert table.loc[("a", "descent", 2), "regret"] == pytest.approx(3 - 0.5)
    assert table.loc[("a", "descent", 2), "ratio"] == pytest.approx((3 - 0.5) / (5 - 0.5))
    assert (table.xs("validated random", level="method")["ratio"] == 1).all()
    assert table.loc[("a", "random", 0), "ratio"] == pytest.approx((7 - 0.5) / (3 - 0.5))
    early = regret_ratios(rows, share=0.5).set_index(["task", "method", "seed"])
    assert early.loc[("a", "descent", 2), "value"] == 6


def test_words_of_re_splits_are_those_of_the_corrected_t_test(rows):
    apart = np.array([-1.0, 1.0, -2.0])
    error = np.sqrt((1 / 3 + 0.25) * apart.var(ddof=1))
    p_value = 2 * stats.t.sf(abs(apart.mean()) / error, 2)
    assert p_value > 0.05
    assert line(standings(rows, OVERLAPS), "a", "descent")["verdict"] == "not told apart"
    steady = rows.copy()
    made = (steady.method == "descent") & (steady.task == "a") & (steady.share == 1)
    base = steady[(steady.method == "validated random") & (steady.task == "a")]
    values = base[base.judged_on == "a"].set_index("seed").value - [1.0, 1.01, 0.99]
    steady.loc[made & (steady.judged_on == "a"), "value"] = values.to_numpy()
    assert line(standings(steady, OVERLAPS), "a", "descent")["verdict"] == "better"


def test_rank_correlations_are_spearman_s_and_know_how_few_draws_there_are(rows):
    (found,) = rank_correlations(rows, OVERLAPS).to_dict("records")
    means = {
        task: [np.mean(values.get((task, task), 7)) for values in VALUES.values()] + [7]
        for task in "ab"
    }
    wanted = stats.spearmanr(means["a"], means["b"]).statistic
    assert (found["first"], found["second"], found["methods"]) == ("a", "b", 4)
    assert found["correlation"] == pytest.approx(wanted)
    # All samples of three draws, each as likely: the quantiles of the bootstrap itself.
    made = {t: np.array([v[t, t] for v in VALUES.values()] + [[7] * 3], float) for t in "ab"}
    every = [
        stats.spearmanr(*(made[t][:, [i, j, k]].mean(1) for t in "ab")).statistic
        for i in range(3) for j in range(3) for k in range(3)
    ]  # fmt: skip
    assert found["low"] == pytest.approx(np.quantile(every, 0.025), abs=0.11)
    assert found["high"] == pytest.approx(np.quantile(every, 0.975), abs=0.11)
    assert found["low"] <= wanted <= found["high"]


def test_leads_are_told_on_every_task_that_judges(rows):
    table = leads(rows, OVERLAPS).set_index(["method", "task", "judged_on"])
    found = table.loc["descent", "a", "b"]
    apart = np.array([2, 4, 6]) - np.array([6, 7, 9])
    error = np.sqrt((1 / 3 + 0.25) * apart.var(ddof=1))
    assert (found.difference, found.draws) == (pytest.approx(-10 / 3), 3)
    assert found.p_value == pytest.approx(2 * stats.t.sf(10 / 3 / error, 2))
    assert table.loc["descent", "a", "a"].difference == pytest.approx(-2 / 3)
    assert ("at once", "b", "a") not in table.index  # the baseline made no set for b that a judges
    assert ("all rows", "a", "a") not in table.index
    least = table["p_value"].idxmin()  # by Holm: the least p-value times the number of lines
    told = table.loc[least, "p_value"] * len(table) <= 0.05
    assert (table.loc[least, "verdict"] != "not told apart") == told


def test_a_baseline_alone_leads_nothing(rows):
    table = leads(rows[rows.method == "validated random"], OVERLAPS)
    assert table.empty
    assert "verdict" in table
    assert transfer(rows[rows.method == "random"], OVERLAPS).empty


def test_a_reader_of_the_latex_table_sees_which_draws_have_no_value(rows):
    table = standings(rows, OVERLAPS)
    latex = as_latex(table, {("f", task): "nats" for task in "ab"})
    (line,) = [line for line in latex.splitlines() if "refuses" in line]
    assert line.startswith(
        "\\multicolumn{11}{l}{\\emph{refuses: 3 of 3 draws have no value: has no l"
    )
    assert line.endswith("}} \\\\")
