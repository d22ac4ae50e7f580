"""The command `ddlib benchmark`: what it computes, prints, exports, and refuses."""

import hashlib
import json

import pandas as pd
import pytest

from ddlib.cli import main
from ddlib.experiments.benchmark import BENCHMARK
from tests.shared.foreign import EARLY

FAMILY = ("--family", "transitions held out", "--task", "prediction")
QUICK = (*FAMILY, "--rows", "4", "--draws", "2", "--steps", "10", "--looks", "10")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def command(*words):
        code = main(["benchmark", *words, "--results", "store"])
        return code, *capsys.readouterr()

    return command


def test_tables_are_printed_and_exported_and_nothing_is_computed_twice(run, tmp_path):
    files = ("--csv", "a.csv", "--transfer", "t.csv", "--latex", "a.tex")
    words = (*QUICK, "--method", "herding", "--method", "exact")
    code, out, err = run(*words, *files, "--record", "a.json")
    assert code == 0
    assert err.startswith(
        "transitions held out: 3 methods x 1 tasks x 1 numbers of rows x 2 draws = 6 configs, "
        "4 more of all rows and random rows; 0 of these 10 are stored\n"
        "benchmark: computing 10 of 10 configs"
    )
    assert "transitions held out, 4 rows for prediction, median of 2 draws: squ" in out
    lines = [line for line in out.splitlines() if line.startswith(("all rows", "random", "valid"))]
    assert len(lines) == 3
    table = pd.read_csv(tmp_path / "a.csv")
    assert sorted(table.share.unique()) == [0.2, 0.4, 0.6, 0.8, 1.0]
    (own,) = table[(table.method == "herding") & (table.share == 1)].itertuples()
    settings = {"task": "prediction", "method": "herding", "num_steps": 10, "num_looks": 10}
    values = [
        BENCHMARK.compute(BENCHMARK.config(seed=s, **settings)).set_index("judged_on").value
        for s in range(2)
    ]
    assert own.value == pytest.approx((values[0]["prediction"] + values[1]["prediction"]) / 2)
    assert f"{own.value:.4g}" in out
    latex = (tmp_path / "a.tex").read_text()
    assert "multicolumn{11}{l}{\\emph{transitions held out, 4 rows" in latex
    cells = [line for line in latex.splitlines() if line.endswith("\\\\") and "emph" not in line]
    assert {line.count("&") for line in cells} == {10}
    assert len(cells) == 6  # the head, three that cost nothing, and two methods
    _, again, err = run(*words, "--method", "exact", "--rows", "4")  # said twice is said once
    assert "10 of these 10 are stored" in err
    assert "computing" not in err
    assert again.startswith("transitions held out, 4 rows for prediction, median of 2 draws: squ")


def test_the_record_has_where_rows_come_from_and_a_digest_that_anyone_can_make(run, tmp_path):
    assert run(*QUICK, "--method", "herding", "--record", "a.json")[0] == 0
    found = json.loads((tmp_path / "a.json").read_text())["methods"]
    assert list(found) == ["all rows", "random", "validated random", "herding"]
    own = found["herding"]
    assert {"commit", "packages", "processor"} <= own["provenance"][0].keys()
    assert own["not in sha256"] == ["seconds", "memory"]
    place = [n for n, c in enumerate(own["columns"]) if c not in own["not in sha256"]]
    texts = sorted(
        json.dumps(
            {own["columns"][n]: row[n] for n in place}, sort_keys=True, separators=(",", ":")
        )
        for row in own["rows"]
    )
    assert own["sha256"] == hashlib.sha256("\n".join(texts).encode()).hexdigest()
    names = set(own["columns"])
    assert names == {*BENCHMARK.columns, *BENCHMARK.config.model_fields}


def test_a_record_is_checked_and_a_changed_cell_is_told(run, tmp_path):
    assert run(*QUICK, "--method", "herding", "--record", "a.json")[0] == 0
    told = [f"{name}: sha256 fits" for name in ("all rows", "random", "validated random")]
    code, out, err = run("--check", "a.json")
    assert (code, err) == (0, "")
    assert out.splitlines() == [*told, "herding: sha256 fits"]
    entry = json.loads((tmp_path / "a.json").read_text())
    own = entry["methods"]["herding"]
    own["rows"][0][own["columns"].index("value")] += 1e-9
    (tmp_path / "b.json").write_text(json.dumps(entry))
    code, out, _ = run("--check", "b.json")
    assert code == 1
    assert out.splitlines()[:-1] == told
    assert out.splitlines()[-1].startswith("herding: its 16 rows have sha256 ")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "--check = a.json: cannot be read: No such file or directory"),
        (b"{", "--check = a.json: is no JSON (Expecting property name enclosed in double"),
        (b"\xff\xfe", "--check = a.json: 'utf-8' codec can't decode byte 0xff"),
        (b"{}", "--check = a.json: format = None: must be 'ddlib benchmark 1'"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(run, tmp_path, content, told):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    code, out, err = run("--check", "a.json")
    assert (code, out) == (2, "")
    assert err.startswith(told)
    assert len(err.splitlines()) == 1


def test_all_faults_are_told_at_once_before_any_work(run, tmp_path):
    code, out, err = run(
        "--family", "wines", "--rows", "0", "--draws", "0", "--steps", "15", "--looks", "10",
        "--method", "hearding", "--csv", "nowhere/a.csv",
    )  # fmt: skip
    assert (code, out) == (2, "")
    lines = err.splitlines()
    for told in (
        "--csv = nowhere/a.csv: cannot be written",
        "--rows = 0: must be",
        "--draws = 0: must be",
        "--family = 'wines': unknown; perhaps wine?",
        "--method = 'hearding': ",
        "--steps = 15: must be a multiple of --looks = 10",
    ):
        assert sum(line.startswith(told) for line in lines) == 1, told
    assert len(lines) == 6
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--task", "magic"), "--task = 'magic': unknown; must be one of "),
        (("--task", "logistc"), "--task = 'logistc': unknown; perhaps logistic?"),
        (("--task", "logistic", "--ranks", "r.csv"), "--ranks: 'logistic' is the only task; needs"),
        (("--rows", "107"), "--rows = 107: must be at most the 106 training rows of wine"),
        (("--looks", "7", "--steps", "7"), "--looks = 7: must be a multiple of 10"),
    ],
)
def test_what_a_family_does_not_have_is_refused(run, words, told):
    code, _, err = run("--family", "wine", "--method", "herding", *words)
    assert code == 2
    assert err.startswith(told)
    assert len(err.splitlines()) == 1


FOREIGN = """
class Shifted:
    departs, one_shot = ("law",), True

    def steps(self, problem, *, generator):
        yield problem.feasible(problem.initial + {shift})
"""


def test_a_method_from_elsewhere_is_computed_anew_when_its_source_changes(
    run, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    values = []
    words = (*QUICK, "--method", "own_shift:Shifted", "--csv", "a.csv", "--force")
    for shift in ("0.2500", "-0.5"):
        (tmp_path / "own_shift.py").write_text(FOREIGN.format(shift=shift))
        monkeypatch.delitem(__import__("sys").modules, "own_shift", raising=False)
        assert run(*words)[0] == 0
        table = pd.read_csv(tmp_path / "a.csv")
        values.append(table[table.method == "own_shift:Shifted"].value.iloc[0])
    assert values[0] != values[1]


MODULE = (
    EARLY
    + """


class Stopped(Early):
    def steps(self, problem, *, generator):
        raise KeyboardInterrupt


class Fails(Early):
    def steps(self, problem, *, generator):
        raise RuntimeError("no luck today")
"""
)


def test_a_method_that_ends_early_is_told_and_what_it_prints_is_in_no_table(
    run, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_early.py").write_text(MODULE)
    code, out, err = run(*QUICK, "--method", "own_early:Early", "--method", "BPTT")
    assert code == 0
    assert out.splitlines()[-1] == (
        "own_early:Early, 4 rows for prediction of transitions held out: ended by itself, in 2 of "
        "2 draws, after 4 of 11 looks at the earliest"  # the start, and three steps
    )
    assert "BPTT, 4 rows" not in out
    assert "at step" not in out
    assert "at step 2" in err


def test_a_method_that_fails_is_named_and_keeps_what_was_computed(run, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "own_early", raising=False)
    (tmp_path / "own_early.py").write_text(MODULE)
    code, out, err = run(*QUICK, "--method", "own_early:Fails")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        "method = 'own_early:Fails': fails, RuntimeError: no luck today; ddlib conform looks into "
        "it"
    )
    assert "3 of these 8 are stored" in run(*QUICK, "--method", "own_early:Early")[2]


def test_who_stops_it_is_told_that_it_goes_on(run, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "own_early", raising=False)
    (tmp_path / "own_early.py").write_text(MODULE)
    code, out, err = run(*QUICK, "--method", "own_early:Stopped", "--csv", "a.csv")
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "stopped; the same command goes on from what is stored"
    assert not (tmp_path / "a.csv").exists()
    assert list((tmp_path / "store").rglob("*.parquet"))
