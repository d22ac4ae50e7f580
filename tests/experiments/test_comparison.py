import numpy as np
import pandas as pd
import pytest

from ddlib.comparisons import compare, verdicts
from ddlib.experiments.comparison import (
    DATA_COLUMNS,
    against_clean,
    clean_loss,
    gaps_closed,
    median_table,
    stopped_early,
    verdict_table,
)
from ddlib.experiments.descents import DescentsConfig
from ddlib.experiments.references import CLEAN, SUBSET

SETTING = dict.fromkeys(DATA_COLUMNS, 1) | {"num_sources": 2}


def reference_rows(seed, **values):
    shared = SETTING | {"seed": seed, "unseen_pairs": 0, "shd": 3.0, "intervention": 0.1}
    rows = {CLEAN: 100, SUBSET: 20, "ours": 20}
    return [
        shared | {"method": name, "rows": rows[name], "log_likelihood": value}
        for name, value in values.items()
    ]


@pytest.fixture
def references():
    """Two networks: all clean data at -10 and -20, subsets one and two nats below."""
    return pd.DataFrame(
        reference_rows(0, **{CLEAN: -10.0, SUBSET: -11.0, "ours": -10.5})
        + reference_rows(1, **{CLEAN: -20.0, SUBSET: -22.0, "ours": -23.0})
    )


@pytest.fixture
def descents():
    """One run: validation likes step 2 best, and of the first two steps step 1."""
    shared = dict.fromkeys(DescentsConfig.model_fields, 1) | SETTING
    shared |= {"seed": 1, "method": "descent", "rows_per_source": 10}
    shared |= {"shd": 1.0, "intervention": 0.2}
    steps = [(0, -3.0, -25.0, False), (1, -2.0, -24.0, False), (2, -1.0, -20.5, True)]
    columns = ("step", "validation", "log_likelihood", "chosen")
    return pd.DataFrame([shared | dict(zip(columns, step, strict=True)) for step in steps])


def test_values_are_relative_to_all_clean_data_of_the_same_network(references, descents):
    table = against_clean(references, descents).set_index(["method", "seed"])
    assert table["loss"].to_dict() == {
        (CLEAN, 0): 0.0,
        (SUBSET, 0): 1.0,
        ("ours", 0): 0.5,
        (CLEAN, 1): 0.0,
        (SUBSET, 1): 2.0,
        ("ours", 1): 3.0,
        ("descent", 1): 0.5,
    }
    assert table.loc[("descent", 1), "rows"] == 20
    assert table.loc[(SUBSET, 0), "IPC"] == table.loc[("descent", 1), "IPC"] == 10


def test_a_network_without_its_references_is_refused(references, descents):
    with pytest.raises(ValueError, match=r"references: has no rows for the data of .*'seed': 7"):
        against_clean(references, descents.assign(seed=7))


def test_the_loss_of_any_log_likelihood_is_what_it_is_below_the_clean_rows(references, descents):
    table = descents.assign(best_start=[-20.5, -19.0, -20.0], seed=[1, 1, 0])
    assert clean_loss(references, table).tolist() == [5.0, 4.0, 10.5]
    assert clean_loss(references, table, "best_start").tolist() == [0.5, -1.0, 10.0]


def test_a_gap_closed_is_0_at_the_subset_and_1_at_all_clean_data(references):
    table = against_clean(references)
    gaps = gaps_closed(table, "ours", subset=SUBSET).set_index("seed")["gap_closed"]
    assert gaps.to_dict() == {0: 0.5, 1: -0.5}


def test_a_run_that_is_stopped_early_is_chosen_from_what_it_had(descents):
    stopped = stopped_early(descents, 0.5)
    assert stopped["step"].tolist() == [0, 1]
    assert stopped["chosen"].tolist() == [False, True]
    assert stopped_early(descents, 1.0)["chosen"].tolist() == descents["chosen"].tolist()


def test_there_is_no_gap_where_the_subset_is_all_clean_data(references):
    level = references["method"].eq(SUBSET) & references["seed"].eq(0)
    table = against_clean(
        references.assign(log_likelihood=references["log_likelihood"].mask(level, -10.0))
    )
    with pytest.raises(ValueError, match="no gap to close"):
        gaps_closed(table, "ours", subset=SUBSET)


def test_runs_with_other_settings_are_not_one_run(descents):
    other = descents.assign(criterion_ridge=0.0, step=descents["step"] * 3)
    both = pd.concat([descents, other], ignore_index=True)
    assert stopped_early(both, 1.0)["chosen"].sum() == 2


@pytest.mark.parametrize("share", [0.0, -1.0, 2.0, float("nan")])
def test_another_share_is_refused(descents, share):
    with pytest.raises(ValueError, match=r"share = .*: must be above 0 and at most 1"):
        stopped_early(descents, share)


def test_two_levels_of_one_network_are_refused(references):
    with pytest.raises(ValueError, match="references: has several clean rows for the data of"):
        against_clean(pd.concat([references, references], ignore_index=True))


@pytest.fixture
def losses():
    """Eight networks at two IPC: `good` wins everywhere, `even` half, `some` lacks one at 20."""
    index = pd.MultiIndex.from_product([[10, 20], range(8)], names=["IPC", "seed"])
    half = np.tile([1.0, -1.0], 8)
    table = pd.DataFrame({"base": 1.0, "good": 0.0, "even": 1.0 + half, "some": 2.0}, index=index)
    table.loc[(20, 3), "some"] = np.nan
    return table


def test_verdicts_stand_in_a_table_with_the_wins_of_the_method(losses):
    settings = {"twenty": 20, "ten": 10}
    table = verdict_table(losses, settings, ["some", "good", "even"], baseline="base")
    assert table.index.tolist() == ["some", "good", "even"]
    assert table.columns.tolist() == ["twenty", "ten"]
    assert table.loc["good"].tolist() == ["higher (8)"] * 2  # the lower loss
    assert table.loc["even"].tolist() == ["not told apart (4)"] * 2
    assert table.loc["some"].tolist() == ["", "lower (0)"]


def test_the_words_of_a_table_are_adjusted_together(losses):
    settings = {str(i): 10 for i in range(10)}
    table = verdict_table(losses, settings, ["good"], baseline="base")
    alone = {"one": compare(losses.loc[10]["base"], losses.loc[10]["good"])}
    assert verdicts(alone) == {"one": "higher"}  # p = 1/128
    assert table.loc["good"].tolist() == ["not told apart (8)"] * 10


def test_settings_of_several_levels(losses):
    both = pd.concat({100: losses, 500: 2 * losses}, names=["rows"])
    table = verdict_table(both, {"few": (100, 10), "many": (500, 20)}, ["good"], baseline="base")
    assert table.loc["good"].tolist() == ["higher (8)"] * 2


def test_medians_stand_beside_their_intervals():
    first, second = pd.Series(np.arange(10.0)), pd.Series(np.zeros(10))
    table = median_table({"b": compare(first, second), "a": compare(second, first)}, name="gain")
    assert table.index.tolist() == ["b", "a"]
    assert table.columns.tolist() == ["gain", "low", "high"]
    assert table.loc["b"].tolist() == [4.5, 1.0, 8.0]
    assert table.loc["a"].tolist() == [-4.5, -8.0, -1.0]
