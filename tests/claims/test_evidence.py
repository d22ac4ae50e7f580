"""One number per setting and data set, against sums by hand; what cannot decide is refused."""

import numpy as np
import pandas as pd
import pytest

from ddlib.claims.choice import chosen_elsewhere
from ddlib.claims.evidence import EvidenceError, differences, labels, values_of
from tests.shared.refusals import assert_refused
from tests.shared.small_claims import term

BY_SCALE = {"scale": "scale"}


def table_of(planted, plus, minus, **options):
    """Return setting and seed -> difference."""
    table = differences(plus, minus, store=planted.store, **options)
    keys = [name for name in table.columns if name != "value"]
    assert not table.duplicated(keys).any()
    return table.set_index(keys)["value"].to_dict()


def one_value(function):
    return lambda config: {"value": [float(function(config))], "method": ["a"]}


def line_of(planted, **settings):
    """Return the one line with which a term is refused."""
    with pytest.raises(EvidenceError) as caught:
        values_of(term(**settings), store=planted.store)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Joins


def test_a_difference_is_within_a_setting_and_a_data_set(planted):
    planted.plant("one", one_value(lambda c: 10 * c.scale + c.seed), scale=[1, 3])
    planted.plant("two", one_value(lambda c: c.scale * c.seed**2), scale=[3, 1])
    found = table_of(planted, [term("one", by=BY_SCALE)], [term("two", by=BY_SCALE)])
    assert found == {(k, j): 10 * k + j - k * j**2 for k in (1.0, 3.0) for j in range(4)}


def test_a_term_without_settings_is_the_same_in_all_of_them(planted):
    planted.plant("one", one_value(lambda c: 10 * c.scale + c.seed), scale=[1, 3])
    planted.plant("two", one_value(lambda c: c.seed**2))
    expected = {(k, j): 10 * k + j - j**2 for k in (1.0, 3.0) for j in range(4)}
    wide, narrow = term("one", by=BY_SCALE), term("two")
    assert table_of(planted, [wide], [narrow]) == expected
    turned = table_of(planted, [narrow], [wide])
    assert {(k, j): -value for (j, k), value in turned.items()} == expected


def test_settings_that_differ_are_combined_and_those_of_one_side_alone_left_out(planted):
    planted.plant("one", one_value(lambda c: c.scale), scale=[1, 3])
    planted.plant("two", one_value(lambda c: 7 * c.scale), scale=[3, 5])
    both = table_of(planted, [term("one", by=BY_SCALE)], [term("two", by={"other": "scale"})])
    assert both.keys() == {(k, j, m) for k in (1.0, 3.0) for j in range(4) for m in (3.0, 5.0)}
    assert all(value == k - 7 * m for (k, _, m), value in both.items())
    same = table_of(planted, [term("one", by=BY_SCALE)], [term("two", by=BY_SCALE)])
    assert same == {(3.0, j): -18 for j in range(4)}


@pytest.mark.filterwarnings("error")
def test_whole_numbers_meet_the_same_numbers_that_are_not(planted):
    planted.plant("one", lambda c: {"value": [1.0, 2.0], "step": [10, 20]})
    planted.plant("two", lambda c: {"value": [5.0], "step": [40]}, scale=[2, 3, 4])
    found = table_of(
        planted, [term("one", by={"n": "step"})], [term("two", by={"n": "step / scale"})]
    )
    assert found == {(n, j): v for n, v in ((10.0, -4.0), (20.0, -3.0)) for j in range(4)}


def test_several_terms_are_added_and_taken_away(planted):
    random = np.random.default_rng(0)
    values = {}

    def drawn(config):
        values[config.label, config.scale, config.seed] = random.normal()
        return {"value": [values[config.label, config.scale, config.seed]]}

    for name in ("a", "b", "c", "d"):
        planted.plant(name, drawn, scale=[1, 2])
    fixed = {"where": "scale == 2"}
    plus = [term("a", by=BY_SCALE), term("b", **fixed)]
    found = table_of(planted, plus, [term("c", **fixed), term("d", by=BY_SCALE)])
    for k, j in ((k, j) for k in (1.0, 2.0) for j in range(4)):
        parts = [values["a", k, j], values["b", 2, j], -values["c", 2, j], -values["d", k, j]]
        assert found[k, j] == pytest.approx(sum(parts), abs=1e-12)
    assert len(found) == 8


def test_a_ratio_is_a_difference_of_logarithms(planted):
    planted.plant("one", one_value(lambda c: c.seed + 1))
    planted.plant("two", one_value(lambda c: 3))
    found = table_of(planted, [term("one")], [term("two")], logarithm=True)
    assert found == pytest.approx({j: np.log((j + 1) / 3) for j in range(4)})


def test_rows_of_several_grids_make_one_term(planted):
    planted.plant("one", one_value(lambda c: c.seed), scale=1)
    planted.plant("two", one_value(lambda c: -c.seed), scale=2)
    found = values_of(term(grids=("one", "two"), by=BY_SCALE), store=planted.store)
    expected = [(k, j, s * j) for k, s in ((1.0, 1), (2.0, -1)) for j in range(4)]
    assert list(found.itertuples(index=False, name=None)) == expected


def test_a_choice_is_made_among_the_rows_that_count(planted):
    random = np.random.default_rng(1)
    rows = []

    def drawn(config):
        values = random.normal(size=2)
        rows.extend((config.scale, m, config.seed, v) for m, v in zip("ab", values, strict=True))
        return {"value": [*values, -9.0], "method": ["a", "b", "best"]}

    planted.plant("one", drawn, scale=[1, 2, 3])
    table = pd.DataFrame(rows, columns=["task", "method", "seed", "value"])
    chosen = chosen_elsewhere(table, task="task", method="method")
    other = chosen[chosen["chosen_on"] != chosen["task"]]
    expected = other.groupby(["task", "seed"])["value"].median().to_dict()
    settings = {"where": "method != 'best'", "by": {"task": "scale"}, "choose": "method"}
    reduced = term(**settings, keep="chosen_on != task", reduce="median")
    found = values_of(reduced, store=planted.store).set_index(["task", "seed"])["value"]
    assert found.to_dict() == expected
    assert line_of(planted, **settings, keep="chosen_on != task").endswith("reduced to one")


# Names of settings


def test_settings_are_told_in_words():
    columns = ["problem", "IPC", "seed", "value"]
    rows = [("heat", 10.0, 1, 3.0), ("heat", 0.5, 1, 4.0), ("heat", 10.0, 0, 5.0)]
    found = dict(labels(pd.DataFrame(rows, columns=columns)))
    assert {label: values.to_dict() for label, values in found.items()} == {
        "heat, IPC 10": {1: 3.0, 0: 5.0},
        "heat, IPC 0.5": {1: 4.0},
    }
    ((label, values),) = labels(pd.DataFrame({"seed": [3], "value": [1.0]}))
    assert (label, values.to_dict()) == ("all", {3: 1.0})


# Refusals


def test_rows_that_share_a_setting_are_refused_unless_they_are_reduced(planted):
    planted.plant("one", lambda c: {"value": [1.0, 8.0, c.seed]})
    line = "one where all: has several rows per seed; must be reduced to one"
    assert line_of(planted) == line
    found = values_of(term(reduce="median"), store=planted.store)
    assert found["value"].tolist() == [1.0, 1.0, 2.0, 3.0]


def test_what_is_not_stored_is_told_with_the_command_that_computes_it(planted):
    planted.grid("one")
    line = "grids/one.yml: 4 of 4 configs are not stored; must be computed first, by make sweep "
    assert line_of(planted) == f"{line}GRID=grids/one.yml"


@pytest.mark.parametrize("settings", [
    {"where": "value +"}, {"where": "nope > 1"}, {"where": "value"}, {"where": "True"},
    {"where": "value.nope"}, {"where": "x = value > 1"}, {"value": "nope"}, {"value": "method"},
    {"value": "value[0]["}, {"value": "(lambda: 1)()"}, {"by": {"x": "3"}}, {"by": {"x": "@x"}},
    {"choose": "nope", "by": {"x": "scale"}},
    {"choose": "method", "by": {"x": "scale"}, "keep": "chosen"},
])  # fmt: skip
def test_rules_that_make_nothing_are_refused(planted, settings):
    planted.plant("one", one_value(lambda c: 1))
    assert line_of(planted, **settings).startswith(f"one where {settings.get('where', 'all')}: '")


def test_a_term_that_finds_no_rows_is_refused(planted):
    planted.plant("one", one_value(lambda c: 1))
    line = "one where value > 9: finds no rows; must find some"
    assert line_of(planted, where="value > 9") == line


def test_the_grids_of_a_term_are_over_one_experiment(planted):
    planted.plant("one", one_value(lambda c: 1))
    other = "experiment: hospitals\nparameters: {seed: 0}\n"
    (planted.folder / "two.yml").write_text(other)
    line = "grids = ['one', 'two']: are over hospitals, tiny; must be over one"
    assert line_of(planted, grids=("one", "two")) == line


@pytest.mark.parametrize("settings", [
    {"value": "1 / (seed - 1)"}, {"by": {"x": "missing"}}
])  # fmt: skip
def test_a_row_has_a_finite_value_and_a_setting(planted, settings):
    planted.plant("one", lambda c: {"value": [1.0], "missing": [np.nan if c.seed else 1.0]})
    assert line_of(planted, **settings).endswith(
        ": has no finite value and setting in each row; must have both"
    )


def test_terms_without_a_data_set_in_common_are_refused(planted):
    planted.plant("one", one_value(lambda c: 1))
    planted.plant("two", one_value(lambda c: 1), seeds=range(4, 8))
    line = "one where all: shares no data set with two where all"
    assert_refused(lambda: table_of(planted, [term("one")], [term("two")]), line, EvidenceError)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_ratio_is_of_values_above_zero(planted, value):
    planted.plant("one", one_value(lambda c: 1))
    planted.plant("two", one_value(lambda c: value if c.seed == 2 else 1))
    line = "two where all: has values that are not above 0; must have none"
    terms = [term("one")], [term("two")]
    assert_refused(lambda: table_of(planted, *terms, logarithm=True), line, EvidenceError)
