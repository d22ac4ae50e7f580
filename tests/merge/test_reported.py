"""Tables that people have had trouble with, from the tables as they are to the rows as written."""

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Settings, TablesError, read_sources
from tests.merge.people import DIED, as_they_came, assert_same, estimates, hospitals, merged

N = 120
DRAWN = np.random.default_rng(0)
Z = DRAWN.normal(size=N)
AGE = (60 + 9 * Z).round(1)
DIED_OF_AGE = (Z + DRAWN.logistic(size=N) > 0).astype(int)


def warnings(found):
    """The texts of all warnings on tables and rows, of what is merged."""
    return [note.text for note in found.notes if note.level == "warning"]


def refused(tables, settings=None):
    """The lines that refuse tables."""
    with pytest.raises(TablesError) as caught:
        read_sources(tables, settings)
    return caught.value.faults


# Columns that no row shows together


def two_sites(rows):
    half = len(rows) // 2
    table = pd.DataFrame(rows, columns=["u", "w", "v"])
    return {"A": table.iloc[:half][["u", "w"]], "B": table.iloc[half:][["w", "v"]]}


def partial(correlation, first, second):
    precision = pd.DataFrame(np.linalg.inv(correlation), correlation.index, correlation.columns)
    size = np.sqrt(precision.loc[first, first] * precision.loc[second, second])
    return -precision.loc[first, second] / size


def test_columns_never_seen_together_are_as_dependent_as_the_shared_column_says():
    wanted = np.array([[1, 0.5, 0.35], [0.5, 1, 0.7], [0.35, 0.7, 1]])
    scores = DRAWN.standard_normal((600, 3)) @ np.linalg.cholesky(wanted).T
    found = merged(two_sites(scores), "density", num_rows=200)
    correlation = found.rows.corr()
    assert correlation.loc["u", "v"] == pytest.approx(0.35, abs=0.1)  # 2 / √300
    product = correlation.loc["u", "w"] * correlation.loc["w", "v"]
    assert correlation.loc["u", "v"] == pytest.approx(product, abs=0.03)
    assert partial(correlation, "u", "v") == pytest.approx(0, abs=0.05)
    (warning,) = warnings(found)
    assert "never seen together: u and v" in warning
    assert "independent given all other columns" in warning


def test_exact_sines_get_no_dependence_that_no_table_shows():
    """Their own r are .5 and .7; those of their normal scores .41 and .58, which is the model."""
    angle = 2 * np.pi * np.arange(200) / 200
    c, s = 2**0.5 * np.cos(angle), 2**0.5 * np.sin(angle)
    u, v = 0.5 * c + 0.75**0.5 * s, 0.7 * c + 0.51**0.5 * s
    tables = {"A": pd.DataFrame({"u": u, "w": c}), "B": pd.DataFrame({"v": v, "w": c})}
    correlation = merged(tables, "density", num_rows=200).rows.corr()
    product = correlation.loc["u", "w"] * correlation.loc["w", "v"]
    assert 0.2 < correlation.loc["u", "v"] < 0.35
    assert correlation.loc["u", "v"] == pytest.approx(product, abs=0.03)


# Small groups


def test_two_patients_are_never_read_off():
    first = pd.DataFrame({"age": AGE, "sbp": (AGE + 60).round()})
    second = pd.DataFrame({"age": [41, 77], "load": [18250, 96400]})
    lines = refused({"A": first, "B": second})
    assert len(lines) == 2
    assert lines[0].startswith("B: has 2 rows; must have at least 10")
    assert "'load': is seen in 2 rows" in lines[1]
    assert not any(value in line for line in lines for value in ("18250", "96400", "41", "77"))


def test_numbers_of_the_fewest_patients_are_means_of_ten():
    """Twelve rows have a load: the rows have their mean, and of their values the ends alone."""
    load = DRAWN.normal(40_000, 9000, 12).round(3)
    first = pd.DataFrame({"age": AGE, "sbp": (AGE + 60).round()})
    second = pd.DataFrame({"age": AGE[:12], "load": load})
    found = merged({"A": first, "B": second}, "density", num_rows=200)
    assert set(found.rows["load"]) & set(load) <= {load.min(), load.max()}
    assert found.rows["load"].mean() == pytest.approx(load.mean(), rel=0.1)


# Types, ranges and levels


def test_rows_have_the_types_ranges_and_levels_that_came():
    crp = np.maximum(np.exp(Z) * 3 - 2, 0).round(1)
    table = pd.DataFrame(
        {
            "died": DIED_OF_AGE,
            "crp": crp,
            "falls": DRAWN.poisson(np.exp(Z)),
            "age": AGE.round().astype(int),
            "grade": pd.Categorical(
                np.array(["low", "mid", "high"])[np.digitize(Z, [-0.5, 0.5])],
                ["low", "mid", "high"],
                ordered=True,
            ),
        }
    )
    rows = merged([table.iloc[:60], table.iloc[60:].drop(columns="crp")], num_rows=80).rows
    assert set(rows["died"]) == {0, 1}
    assert rows["crp"].between(0, crp.max()).all()
    assert (rows["crp"] == 0).mean() == pytest.approx((crp[:60] == 0).mean(), abs=0.15)
    assert rows["age"].between(table["age"].min(), table["age"].max()).all()
    assert [str(rows[name].dtype) for name in table] == [
        "int64", "float64", "int64", "int64", "str",
    ]  # fmt: skip
    assert (rows["falls"] >= 0).all()
    assert set(rows["grade"]) == {"low", "mid", "high"}


def test_a_site_without_an_event_is_merged_in_its_own_names():
    table = pd.DataFrame({"age": AGE, "died": DIED_OF_AGE})
    quiet = pd.DataFrame({"age": AGE[:40], "died": 0})
    found = merged({"a": table, "b": quiet})
    assert set(found.rows["died"]) == {0, 1}
    share = np.average(found.rows["died"], weights=found.weights)
    assert share == pytest.approx(DIED_OF_AGE.sum() / (N + 40), abs=0.05)
    assert {term for _, term in estimates(found)} == {"intercept", "age"}


# Units


def test_glucose_in_two_units_is_told_and_right_once_it_is_mended():
    glucose = np.exp(np.log(100) + 0.2 * Z)
    sbp = (120 + 8 * Z + DRAWN.normal(size=N) * 8).round()
    table = pd.DataFrame({"glucose": glucose.round(), "sbp": sbp})
    other = table.iloc[60:].assign(glucose=(glucose[60:] / 18.016).round(1))
    tables = {"north": table.iloc[:60], "south": other}
    notes = read_sources(tables).notes
    (warning,) = [note for note in notes if note.level == "warning"]
    assert warning.columns == ("glucose",)
    assert set(warning.sources) == {"north", "south"}
    medians = [f"{part['glucose'].median():.4g} in {label}" for label, part in tables.items()]
    assert all(part in warning.text for part in (*medians, "{south: {glucose: 18.016}}"))
    settings = Settings(units={"south": {"glucose": 18.016}})
    rows = merged(tables, "density", settings=settings, num_rows=100).rows
    assert rows["glucose"].mean() == pytest.approx(glucose.mean(), rel=0.03)
    assert rows.corr().loc["glucose", "sbp"] == pytest.approx(
        np.corrcoef(glucose, sbp)[0, 1], abs=0.1
    )


# All that people have in a table


def test_keys_free_texts_dates_and_codes_take_the_place_that_is_theirs():
    first = pd.DataFrame(
        {
            "patient_id": [f"P{i:04}" for i in range(N)],
            "Age": np.where(np.arange(N) % 15, AGE, -999),
            "remark": [f"seen by {i}" for i in range(N)],
            "admitted": (pd.Timestamp("2024-01-01") + pd.to_timedelta(range(N), "D")).astype(str),
            "died": DIED_OF_AGE,
        }
    )
    second = pd.DataFrame({"age ": AGE, "died": DIED_OF_AGE})
    notes = [n for n in read_sources({"a": first, "b": second}).notes if n.level == "warning"]
    assert sorted(note.columns for note in notes) == [("Age",), ("Age", "age "), ("remark",)]
    assert all("set " in note.text for note in notes)
    settings = Settings(missing=(-999,), rename={"b": {"age ": "Age"}})
    rows = merged({"a": first, "b": second}, DIED, settings=settings).rows
    assert [*rows] == ["Age", "admitted", "died", "weight"]
    assert rows["Age"].between(AGE.min(), AGE.max()).all()
    assert (
        rows["admitted"]
        .between("2024-01-01", pd.Timestamp("2024-01-01") + pd.Timedelta(N, "D"))
        .all()
    )
    assert str(rows["admitted"].dtype).startswith("datetime64")


def test_a_mapping_and_a_list_of_tables_give_the_same_rows():
    assert_same(merged([*hospitals().values()]), as_they_came(DIED))


# Visits and people in two tables


@pytest.mark.parametrize("name", ["id", "patient_id", "subject", "PatientID"])
@pytest.mark.parametrize("text", [False, True])
def test_a_table_of_visits_is_refused_in_one_line_that_says_what_to_do(name, text):
    people = np.repeat(np.arange(40), DRAWN.integers(1, 6, 40))
    keys = [f"P{i}" for i in people] if text else people
    visits = pd.DataFrame(
        {name: keys, "visit": np.arange(len(people)) % 5, "bili": np.arange(len(people)) / 7}
    )
    (line,) = refused({"ward.csv": visits, "b": pd.DataFrame({"bili": AGE})})
    assert line.startswith("ward.csv: ")
    for part in (repr(name), "row ", f"in {len(people)} rows", "visits", "keep one row of each"):
        assert part in line


def test_visits_that_are_kept_on_purpose_are_warned_of_and_no_key_is_synthesised():
    visits = pd.DataFrame({"id": np.arange(N) // 2, "age": AGE, "died": DIED_OF_AGE})
    sources = read_sources({"a": visits}, Settings(kinds={"id": "key"}))
    (warning,) = [note for note in sources.notes if note.level == "warning"]
    assert "different people" in warning.text
    assert "visits" in warning.text
    assert "id" not in merged({"a": visits}, settings=Settings(kinds={"id": "key"})).rows


def test_people_who_stand_in_two_tables_are_noticed_by_their_key():
    first = pd.DataFrame({"id": range(N), "age": AGE, "sbp": (AGE + 60).round()})
    second = pd.DataFrame({"id": range(N), "age": AGE, "died": DIED_OF_AGE})
    sources = read_sources({"a": first, "b": second})
    (warning,) = [note for note in sources.notes if note.level == "warning"]
    for part in ("'id'", f"{N} keys of a in b", "different people", "--link id"):
        assert part in warning.text
    assert "id" not in merged({"a": first, "b": second}).rows


# Columns that nearly repeat each other


def test_five_rows_are_refused_and_sixty_of_nearly_collinear_columns_keep_their_correlation():
    x = Z[:60].round(3)
    table = pd.DataFrame({"x": x, "y": (x + 0.05 * DRAWN.normal(size=60)).round(3)})
    assert any("has 5 rows" in line for line in refused([table.head()]))
    real = table.corr().loc["x", "y"]
    assert real > 0.998
    assert merged([table], "density").rows.corr().loc["x", "y"] == pytest.approx(real, abs=0.01)
    found = merged([table], "y ~ x")
    slope = np.polyfit(table["x"], table["y"], 1)[0]
    assert estimates(found)["y", "x"][0] == pytest.approx(slope, rel=0.03)
