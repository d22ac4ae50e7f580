"""Merged visits: the equations of their tasks hold, and hospitals that lack columns are joined."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from ddlib.merge.formula import TaskError
from ddlib.merge.least import TooFewRows
from ddlib.merge.refit import refit
from ddlib.visits import Said
from ddlib.visits.merging import made_for, merge_visits
from ddlib.visits.model import VisitModel
from ddlib.visits.tasks import read_tasks
from tests.visits.tables import long_table, read
from tests.visits.test_tasks import WITHIN, followed

TASKS = ["next(x) ~ .", "next(sign) ~ x + y + age", WITHIN]
QUICK = {"num_people": 60, "num_draws": 3, "min_count": 2}


@pytest.fixture(scope="module")
def merged():
    return merge_visits(read(followed(people=200)), TASKS, **QUICK)


def refitted(rows, merged):
    """What statsmodels finds from the long table as it is written, and what was pooled."""
    after = rows.groupby("id")[["x", "sign"]].shift(-1)
    rows = rows.assign(m=(rows.sex == "m").astype(float), next_x=after.x, next_sign=after["sign"])
    outcome = "within(died, end, 90)"
    plans = [
        ("next_x", ["age", "m", "x", "y", "sign"], sm.families.Gaussian()),
        ("next_sign", ["age", "x", "y"], sm.families.Binomial()),
        (outcome, ["age", "m", "x", "y", "sign"], sm.families.Binomial()),
    ]
    for (target, inputs, family), pooled in zip(plans, merged.pooled.values(), strict=True):
        own = rows.dropna(subset=[target])
        x = sm.add_constant(own[inputs].astype(float))
        model = sm.GLM(own[target], x, family=family, freq_weights=own.weight)
        yield model.fit(tol=1e-12).params.to_numpy(), pooled


def test_a_refit_of_what_is_written_finds_the_pooled_coefficients(merged, tmp_path):
    merged.rows.to_csv(tmp_path / "merged.csv", index=False)
    rows = pd.read_csv(tmp_path / "merged.csv")
    for found, pooled in refitted(rows, merged):
        centred = pooled.design.own_units(pooled.theta)[0]
        np.testing.assert_allclose(found, centred, atol=1e-4)
        # The mean of the draws' coefficients in their own units is theirs to rounding.
        np.testing.assert_allclose(pooled.estimate[0], centred, atol=1e-6)


def test_the_residual_variance_is_that_of_the_real_visits(merged):
    """So that forecasts from merged visits have the intervals that they should have."""
    task = merged.tasks[0]
    pooled, (codes, weights) = merged.pooled[task.text], merged.pairs(task)
    theta, design = pooled.theta[0], pooled.design

    def squares(rows):
        return np.square(design.response(rows)[:, 0] - design.matrix(rows) @ theta)

    real = merged.model.visits.has_next
    wanted = np.mean([squares(draw[real]).mean() for draw in merged.draws])
    assert np.average(squares(codes), weights=weights) == pytest.approx(wanted, rel=0.01)


def test_rows_are_of_the_people_who_were_asked_for_and_keep_the_columns(merged):
    rows = merged.rows
    assert rows.id.nunique() == 60
    assert [*rows] == ["id", "day", "age", "sex", "x", "y", "sign", "within(died, end, 90)",
                       "weight"]  # fmt: skip
    assert (rows.groupby("id").day.diff().dropna() > 0).all()
    assert (rows.groupby("id")[["age", "sex"]].nunique() == 1).all(axis=None)
    assert rows.weight.mean() == pytest.approx(1)
    assert rows.weight.min() > 0
    assert not rows.isna().any(axis=None)
    real = merged.asked.visits.table()
    assert not rows.merge(real, on=["age", "x", "y"]).shape[0]
    assert "died and end make the outcome" in "\n".join(note.text for note in merged.notes)


def test_outcomes_of_a_person_do_not_contradict_one_another(merged):
    for _, own in merged.rows.groupby("id"):
        soon = own["within(died, end, 90)"].to_numpy()
        assert (np.diff(soon) >= 0).all()
        days = own.day.to_numpy()[soon == 1]
        assert not len(days) or days[-1] < days[0] + 90


def test_the_same_seed_gives_the_same_rows_whatever_the_order_of_tables():
    table = followed()
    cut = table.id > 40
    first, second = table[~cut].drop(columns="y"), table[cut]
    one, other, another = (
        merge_visits(read(tables), ["next(x) ~ ."], seed=seed, **QUICK).rows
        for tables, seed in (([first, second], 0), ([second, first], 0), ([first, second], 1))
    )
    pd.testing.assert_frame_equal(other[[*one.columns]], one, rtol=1e-9)
    assert not another.x.equals(one.x)


def test_hospitals_that_lack_columns_find_what_all_columns_tell():
    table = long_table(2, people=400)
    third = table.id % 3
    tables = [
        table[third == 0].drop(columns="x"),
        table[third == 1].drop(columns="y"),
        table[third == 2],
    ]
    text = "next(x) ~ x + y + age"
    whole, parts = (merge_visits(read(t), [text], **QUICK) for t in (table, tables))
    all_told, told = (m.pooled[text].table().set_index("term") for m in (whole, parts))
    told = told.loc[all_told.index]
    assert [*told.index] == ["intercept", "age", "x", "y"]
    apart = np.abs(told.estimate - all_told.estimate) / told["standard error"]
    assert apart.max() < 3
    assert (told["standard error"] > 0.9 * all_told["standard error"]).all()
    assert (told["missing information"][["x", "y"]] > 0.2).all()
    assert (all_told["missing information"] < 0.01).all()
    assert parts.worth[text] < 0.9 * whole.worth[text]


def test_pairs_that_no_visit_shows_are_warned_of():
    table = long_table()
    cut = table.id > 20
    tables = [table[cut].drop(columns="x"), table[~cut].drop(columns="y")]
    merged = merge_visits(read(tables), ["next(sign) ~ ."], **QUICK)
    lines = [note.text for note in merged.notes if note.level == "warning"]
    assert any("never seen together: x and y" in line for line in lines)


def test_too_few_people_are_refused_with_a_number_that_does():
    asked = read_tasks(["next(x) ~ ."], read(followed()), 2)
    model = VisitModel.of(asked.visits, num_draws=3, min_count=2, seed=0)
    with pytest.raises(TooFewRows, match="of 8 coefficients") as caught:
        made_for(asked, model, 2)
    least = caught.value.least
    assert least is not None
    assert len(made_for(asked, model, least).rows)


def test_people_of_one_visit_have_no_next_one():
    table = long_table().drop_duplicates("id")
    with pytest.raises(TaskError, match="no one has two visits; must be people who have"):
        merge_visits(read(table), ["next(x) ~ ."], **QUICK)
    few = pd.concat([table.iloc[1:], long_table().query("id == 1")])
    with pytest.raises(TaskError, match="1 of 40 people have two visits; must be at least 2"):
        merge_visits(read(few), ["next(x) ~ ."], **QUICK)


def test_bins_that_leave_people_one_visit_are_named():
    def faults(width, task):
        visits = read(followed(), Said("id", "day", bins=width))
        with pytest.raises(TaskError) as caught:
            merge_visits(visits, [task], **{**QUICK, "min_count": 5})
        return str(caught.value)

    line = (
        "task = 'next(x) ~ .': no one has two visits in bins of 1e+06; must be people who have a "
    )
    assert faults(1e6, "next(x) ~ .") == f"{line}next one"
    line = "0 of 80 people have two visits in bins of 1e+06; must be at least 5, or narrower bins"
    assert faults(1e6, "within(died, end, 30) ~ .") == line


def all_kinds(people: int = 120) -> pd.DataFrame:
    """Visits with static and changing columns of all kinds, at dates, some cells missing."""
    drawn = np.random.default_rng(5)
    table = long_table(5, people=people)
    z = table.x + drawn.normal(size=len(table))
    levels = np.array(["low", "mid", "high"])
    born = pd.Timestamp("1950-05-01") + pd.to_timedelta(drawn.integers(0, 9000, people), "D")
    table = table.assign(
        day=pd.Timestamp("2021-01-05") + pd.to_timedelta(table.day, "D"),
        born=born[table.id - 1],
        ward=drawn.choice(["north", "south", "west"], people)[table.id - 1],
        drug=np.array(["a", "b", "c"])[np.digitize(z, [-0.7, 0.7])],
        grade=levels[np.digitize(z + drawn.normal(size=len(table)), [-1, 1])],
        beds=drawn.poisson(3, len(table)),
        ill=np.where(z > 0, "yes", "no"),
        seen=pd.Timestamp("2020-01-01") + pd.to_timedelta(drawn.integers(0, 99, len(table)), "D"),
    )
    holes = ["x", "drug", "grade", "beds", "ill", "ward", "seen"]
    return table.assign(**table[holes].mask(drawn.random((len(table), len(holes))) < 0.1))


def test_columns_of_all_kinds_are_merged_at_dates():
    visits = read(all_kinds(), kinds={"grade": ["low", "mid", "high"]}, min_count=4)
    assert {column.kind for column in visits.schema} == {
        *("number", "category", "ordered", "count", "binary", "date")
    }
    tasks = ["next(drug) ~ x + ward", "next(grade) ~ drug + x", "next(beds) ~ beds + ill + born"]
    merged = merge_visits(visits, tasks, num_people=80, num_draws=2, min_count=4)
    rows = merged.rows
    assert not merged.visits.schema.faults(rows[[*visits.schema.names]])
    assert pd.api.types.is_datetime64_any_dtype(rows.day)
    assert (rows.groupby("id")[["age", "born", "ward"]].nunique() == 1).all(axis=None)
    for task in merged.tasks:
        assert refit(merged.pooled[task.text], *merged.pairs(task)).apart < 1e-6


def test_a_site_without_follow_up_has_no_coefficient():
    table = followed(people=200)
    tables = {
        label: table[table.id % 3 == k].assign(age=lambda t: t.age + t.id % 2)
        for k, label in enumerate(["a", "b", "c"])
    }
    tables["b"] = tables["b"].drop(columns=["end", "died"])
    tables |= {label: own.assign(site=label) for label, own in tables.items()}
    asked = [WITHIN, "next(x) ~ ."]
    merged = merge_visits(read(tables), asked, **QUICK)
    terms = {text: [*pooled.design.terms] for text, pooled in merged.pooled.items()}
    assert terms[WITHIN] == ["intercept", "age", "sex = m", "x", "y", "sign", "site = c"]
    assert terms["next(x) ~ ."] == [*terms[WITHIN][:-1], "site = b", "site = c"]
    told = [note.text for note in merged.notes if note.level == "warning"]
    assert any(f"{WITHIN}: no coefficient of 'site = b', as the visits" in line for line in told)
    assert any("no visit of 'b' shows it" in line for line in told)
    # Without the first site, the second one is what the third is compared to.
    tables["b"], tables["a"] = (
        tables["a"].assign(site="b"),
        tables["b"].assign(site="a"),
    )
    first = merge_visits(read(tables), [WITHIN], **QUICK)
    assert [*first.pooled[WITHIN].design.terms] == terms[WITHIN]
    for own in (merged, first):
        assert own.pooled[WITHIN].table()["standard error"].lt(100).all()
    assert np.abs(
        merged.pooled[WITHIN].estimate - first.pooled[WITHIN].estimate
    )[0, -1] < 0.5  # fmt: skip


def test_outcomes_of_one_event_have_one_time_and_one_level():
    events = {
        f"within(died{level}, end, {horizon})": (level, horizon)
        for level in (" = 0", " = 1")
        for horizon in (60, 120)
    }
    visits = read(followed(people=200))
    rows = merge_visits(visits, [f"{name} ~ x + age" for name in events], **QUICK).rows
    some = set()
    for _, own in rows.groupby("id"):
        for level in (" = 0", " = 1"):
            earliest, latest = own.day.max(), np.inf
            for name, (known, horizon) in events.items():
                if known != level:
                    continue
                soon = own[name] == 1
                earliest = max(earliest, (own.day[~soon] + horizon).max() if (~soon).any() else 0)
                latest = min(latest, (own.day[soon] + horizon).min() if soon.any() else np.inf)
            assert earliest < latest
        shown = {level for name, (level, _) in events.items() if own[name].any()}
        assert len(shown) <= 1
        some |= shown
    assert some == {" = 0", " = 1"}
