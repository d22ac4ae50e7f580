"""Records that are read back: what was changed in one is told, and what is none is refused."""

import json
from copy import deepcopy

import pandas as pd
import pytest

from ddlib.benchmark.export import record
from ddlib.benchmark.recorded import check_record

TIMED = ["seconds"]
ROWS = pd.DataFrame(
    {
        "method": ["herding", "herding", "k-means"],
        "value": [0.25, float("nan"), 1 / 3],
        "seconds": [1.0, 2.0, 3.0],
        "step_sizes": [(0.02, 0.1)] * 3,
    }
)


@pytest.fixture
def written():
    return json.loads(record(ROWS, TIMED, lambda method: []))


def checked(entry):
    return check_record(json.dumps(entry), TIMED)


def test_a_record_fits_whatever_the_order_of_its_rows_and_its_times(written):
    assert checked(written) == {"herding": "", "k-means": ""}
    herding = written["methods"]["herding"]
    herding["rows"].reverse()
    herding["rows"][0][2] = 99.0
    assert checked(written) == {"herding": "", "k-means": ""}


def change_cell(part):
    part["rows"][0][1] = 0.2500001


def drop_row(part):
    del part["rows"][0]


def rename(part):
    part["columns"][1] = "error"


@pytest.mark.parametrize("change", [change_cell, drop_row, rename])
def test_what_was_changed_does_not_fit_and_other_methods_do(written, change):
    before = deepcopy(written["methods"]["herding"])
    change(written["methods"]["herding"])
    found = checked(written)
    assert found["k-means"] == ""
    assert f"the record says {before['sha256']}" in found["herding"]


def test_a_column_that_is_no_time_cannot_be_left_out(written):
    part = written["methods"]["herding"]
    part["not in sha256"] = ["value", "seconds"]
    assert checked(written)["herding"] == (
        "leaves value out of sha256; must leave out seconds alone"
    )


def test_rows_of_another_method_do_not_fit(written):
    methods = written["methods"]
    methods["mine"] = methods.pop("herding")
    assert checked(written)["mine"] == "rows[0] is of 'herding'; must be of 'mine'"


def lacking(name):
    def change(entry):
        del entry["methods"]["herding"][name]

    return change


def changed(name, value):
    def change(entry):
        entry["methods"]["herding"][name] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda e: e.update(format="x 2"), "format = 'x 2': must be 'ddlib benchmark 1'"),
        (lambda e: e.pop("format"), "format = None: must be 'ddlib benchmark 1'"),
        (lambda e: e.update(methods=[]), "methods: a list; must be an object with a part per"),
        (lambda e: e.update(methods={}), "methods: a dict; must be an object with a part per"),
        (lambda e: e["methods"].update(herding=3), "methods.herding = 3: must be an object with"),
        (lacking("sha256"), "methods.herding: lacks sha256"),
        (changed("rows", 3), "methods.herding.rows = 3: must be a list"),
        (changed("sha256", None), "methods.herding.sha256 = None: must be a text"),
        (changed("columns", ["a", "a"]), "methods.herding.columns: must be names, each once"),
        (changed("columns", [["a"]]), "methods.herding.columns: must be names, each once"),
        (changed("rows", [[1, 2]]), "methods.herding.rows[0]: 2 cells; must be a list of 4 cells"),
        (changed("rows", [7]), "methods.herding.rows[0] = 7: must be a list of 4 cells"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(written, change, told):
    change(written)
    with pytest.raises(ValueError, match=r"must be|lacks") as refused:
        checked(written)
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "no"])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"is no JSON \(.*\); must be what --record writes"):
        check_record(text, TIMED)


def test_the_faults_of_all_methods_are_told_at_once(written):
    for part in written["methods"].values():
        del part["rows"], part["columns"]
    with pytest.raises(ValueError, match="lacks columns, rows") as refused:
        checked(written)
    assert str(refused.value).splitlines() == [
        "methods.herding: lacks columns, rows",
        "methods.k-means: lacks columns, rows",
    ]


def test_a_list_is_no_record():
    with pytest.raises(ValueError, match="format = None"):
        check_record("[]", TIMED)
