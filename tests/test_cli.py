"""The command line: what it prints, what it stores, and how it refuses."""

import functools
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ddlib import __version__
from ddlib.__main__ import run as run_command
from ddlib.arguments import folder, number, whole
from ddlib.book.imports import library_files
from ddlib.cli import _parser, main
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.runs.arithmetic import fingerprint
from ddlib.runs.compute import compute_and_save
from ddlib.runs.store import Store, config_hash
from ddlib.runs.stored import StoreError
from tests.shared.tiny import TINY, TinyConfig, tiny
from tests.shared.tiny_store import ORIGIN


@pytest.fixture
def computed(monkeypatch):
    """The configs that the tiny experiment is run with; it is registered."""
    configs = []

    @functools.wraps(tiny)
    def run(config):
        configs.append(config)
        return tiny(config)

    monkeypatch.setitem(EXPERIMENTS, "tiny", replace(TINY, run=run))
    return configs


@pytest.fixture
def store(tmp_path, computed):
    return Store((tmp_path / "results",))


@pytest.fixture
def ddlib(store, capsys, monkeypatch, tmp_path):
    """Run a command on the store; return its exit code, output and errors."""
    monkeypatch.setattr("ddlib.runs.listing.KEPT", tmp_path / "_build")

    def call(command, *arguments):
        results = [] if command == "list" else ["--results", str(store.folders[0])]
        code = main([command, *map(str, arguments), *results])
        return code, *capsys.readouterr()

    return call


def path_of(store, seed, **settings):
    return store.folders[0] / "tiny" / f"{config_hash(TinyConfig(seed=seed, **settings))}.parquet"


def stored_seeds(store):
    found = [store.find(TINY, TinyConfig(seed=seed)) for seed in range(10)]
    return [seed for seed, stored in enumerate(found) if stored]


@pytest.fixture
def grid(tmp_path):
    path = tmp_path / "some.yml"
    path.write_text("experiment: tiny\nparameters:\n  seed: {range: [0, 4]}\n")
    return path


# list


def test_list_shows_every_experiment_with_parameters_defaults_columns_and_cost(ddlib):
    code, out, err = ddlib("list")
    assert (code, err) == (0, "")
    sections = re.split(r"^(?=\w)", out, flags=re.MULTILINE)[1:]
    assert len(sections) == len(EXPERIMENTS) >= 3
    for section, (name, experiment) in zip(sections, EXPERIMENTS.items(), strict=True):
        assert re.match(rf"{name}  \(version {experiment.version}, about \d+ s a config\)", section)
        lines = [line.strip() for line in section.splitlines()]
        assert "seed: required" in lines
        for field, info in experiment.config.model_fields.items():
            assert field == "seed" or f"{field}: default {info.default!r}" in lines
        for column, about in experiment.columns.items():
            assert any(line.startswith(f"{column}: {about.meaning}") for line in lines)


def test_list_says_summary_and_unit(ddlib):
    _, out, _ = ddlib("list")
    assert "\n    step: when [epochs]\n" in out
    assert EXPERIMENTS["descents"].summary in out


def test_the_list_is_kept_until_a_source_changes(ddlib, tmp_path, monkeypatch):
    library = tmp_path / "library"
    library.mkdir()
    (library / "one.py").write_text("first")
    monkeypatch.setattr("ddlib.runs.listing.LIBRARY", library)
    first = ddlib("list")
    monkeypatch.delitem(EXPERIMENTS, "tiny")
    assert ddlib("list") == first
    (library / "one.py").write_text("second")
    assert ddlib("list")[1] == first[1][: first[1].index("tiny  (version")]


SLOW = """
import sys
from pathlib import Path
from ddlib import cli
from ddlib.runs import listing

def nothing_slow():
    slow = {"torch", "pandas", "numpy", "pyarrow"} & sys.modules.keys()
    assert not slow, slow

listing.KEPT = Path(sys.argv[1])
"""


def output_of(code, *arguments):
    """Return what a Python of its own prints, which must end well."""
    command = [sys.executable, "-c", SLOW + code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_help_and_a_kept_list_import_nothing_slow(tmp_path):
    code = """
listing.experiments_text = lambda: "made anew\\n"
cli.main(["list"])
nothing_slow()
cli.main(["--help"])
"""
    out, err = output_of(code, tmp_path / "_build")
    assert out.startswith("made anew\nusage: ddlib")
    assert err == ""


def test_faults_that_need_no_experiment_import_nothing_slow(tmp_path):
    (tmp_path / "grid.yml").write_text("experiment: no\nparameters: {seed: 0}\n")
    code = """
folder = Path(sys.argv[1])
for command in (
    ["grid", str(folder / "none.yml")],
    ["grid", str(folder / "grid.yml")],
    ["run", "no"],
    ["run", "descents", "seed"],
    ["pack", "no"],
):
    assert cli.main(command) == 2
assert cli.main(["pack", "--results", str(folder)]) == 0
nothing_slow()
assert cli.main(["audit", "--results", str(folder)]) == 2
assert "torch" not in sys.modules
"""
    out, err = output_of(code, tmp_path)
    assert out.splitlines() == [f"{name}: nothing to pack in {tmp_path}" for name in EXPERIMENTS]
    assert len(err.splitlines()) == 6


def test_the_registry_imports_an_experiment_when_it_is_asked_for():
    code = """
from types import SimpleNamespace
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
assert "descents" in EXPERIMENTS and "no" not in EXPERIMENTS and len([*EXPERIMENTS]) > 3
assert EXPERIMENTS.get("no") is None
nothing_slow()
one = object()
sys.modules["ddlib.experiments.references"] = SimpleNamespace(REFERENCES=one)  # brings no torch
assert find_experiment("references") is EXPERIMENTS["references"] is one
assert "ddlib.experiments.descents" not in sys.modules
"""
    assert output_of(code, "unused") == ("", "")


def test_an_experiment_that_needs_no_other_imports_none():
    root = Path(__file__).parents[1]
    files = library_files(root / "ddlib" / "experiments" / "references.py", root)
    assert "ddlib/experiments/sources.py" in files
    assert "ddlib/experiments/descents.py" not in files


# version


def test_the_version_is_the_one_of_the_package(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"ddlib {__version__}\n"


# run


def test_run_computes_prints_and_stores(ddlib, store, computed):
    code, out, err = ddlib("run", "tiny", "seed=3", "scale=2", "weights=[[1, 2]]")
    config = TinyConfig(seed=3, scale=2.0, weights=((1.0, 2.0),))
    assert (code, err, computed) == (0, "", [config])
    path = path_of(store, 3, scale=2.0, weights=((1.0, 2.0),))
    assert out.splitlines()[-1] == str(path)
    assert out == f"{tiny(config).to_string()}\n{path}\n"
    assert path.is_file()


def test_parameters_may_stand_behind_an_option(store, computed):
    assert main(["run", "tiny", "--results", str(store.folders[0]), "seed=7"]) == 0
    assert [config.seed for config in computed] == [7]


@pytest.mark.parametrize(
    ("arguments", "unknown"),
    [(["run", "tiny", "--where", "x", "seed=7"], "--where x seed=7"), (["list", "tiny"], "tiny")],
)
def test_what_a_command_does_not_know_is_named(arguments, unknown, computed, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert f"unrecognized arguments: {unknown}\n" in capsys.readouterr().err
    assert not computed


def test_run_of_a_stored_config_computes_nothing(ddlib, computed):
    first = ddlib("run", "tiny", "seed=3")
    assert ddlib("run", "tiny", "seed=3") == first
    assert len(computed) == 1


def test_run_replaces_a_damaged_file_only_when_told(ddlib, store, computed):
    ddlib("run", "tiny", "seed=3")
    path_of(store, 3).write_bytes(b"damaged")
    code, out, err = ddlib("run", "tiny", "seed=3")
    assert (code, out, len(computed)) == (2, "", 1)
    assert err.startswith(f"{path_of(store, 3)}: is damaged")
    assert "--replace" in err
    assert path_of(store, 3).read_bytes() == b"damaged"
    assert ddlib("run", "tiny", "seed=3", "--replace")[0] == 0
    assert len(computed) == 2
    assert stored_seeds(store) == [3]


def test_run_replaces_whole_rows_too_when_told(ddlib, store, computed):
    config = TinyConfig(seed=3)
    store.save(TINY, config, tiny(config).assign(value=7.0), {})
    assert ddlib("run", "tiny", "seed=3", "--replace")[0] == 0
    assert store.find(TINY, config).rows["value"].tolist() == tiny(config)["value"].tolist()


# Refused

UNKNOWN = "unknown; must be one of seed, scale, weights, label"
NAMES = ", ".join([*EXPERIMENTS, "tiny"])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["merge", "seed=0"],
            f"experiment = 'merge': unknown; perhaps merged_trials? must be one of {NAMES}",
        ),
        (["tiny"], "seed: missing; must be given"),
        (["tiny", "seed=-1"], "seed = -1: must be greater than or equal to 0"),
        (
            ["tiny", "seed=0", "scal=1"],
            "scal = 1: unknown; perhaps scale? must be one of seed, scale, weights, label",
        ),
        (["tiny", "seed=many"], "seed = 'many': must be a valid integer"),
        (["tiny", "seed=0x10"], "seed = '0x10': must be a valid integer"),
        (["tiny", "seed="], "seed: has no value; must be a valid integer"),
        (["tiny", "seed"], "'seed': must be name=value"),
        (["tiny", "seed=["], "'seed=[': its value is not YAML; must be YAML"),
        (
            ["tiny", "seed=0", "self=1"],
            f"self = 1: {UNKNOWN}",
        ),
    ],
)
def test_refused_inputs_are_one_line_and_exit_code_2(ddlib, store, computed, arguments, line):
    assert ddlib("run", *arguments) == (2, "", f"{line}\n")
    assert computed == []
    assert not store.folders[0].exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["merge", "--rows", "1e3"], "--rows = '1e3': must be a whole number, at least 1"),
        (["merge", "--draws", "1e1"], "--draws = '1e1': must be a whole number, at least 2"),
        (["merge", "--seed", "1_0"], "--seed = '1_0': must be a whole number, at least 0"),
        (["merge", "--splits", "2.0"], "--splits = '2.0': must be a whole number, at least 0"),
        (["merge", "--min-count", "x"], "--min-count = 'x': must be a whole number, at least 1"),
        (["check", "--min-count", "1e1"], "--min-count = '1e1': must be a whole number, at least"),
        (["summarize", "--min-count", "ten"], "--min-count = 'ten': must be a whole number, at"),
        (["distil", "--rows", "1e1"], "--rows = '1e1': must be a whole number, at least 1"),
        (["distil", "--looks", "1e1"], "--looks = '1e1': must be a whole number, at least 1"),
        (["benchmark", "--rows", "3e1"], "--rows = '3e1': must be a whole number, at least 1"),
        (["benchmark", "--draws", "1e1"], "--draws = '1e1': must be a whole number, at least 1"),
        (["benchmark", "--steps", "1e2"], "--steps = '1e2': must be a valid integer"),
        (["audit", "--count", "1e1"], "--count = '1e1': must be a whole number, at least 1"),
        (["audit", "--seconds", "long"], "--seconds = 'long': must be a number above 0, or inf"),
        (["audit", "--seconds", "1_0"], "--seconds = '1_0': must be a number above 0, or inf"),
        (["claim", "no", "--recompute", "1e1"], "--recompute = '1e1': must be a whole number, at"),
        (["claim", "no", "--recompute", "1", "--seed", "-1"], "--seed = -1: must be a whole numbe"),
    ],
)
def test_a_number_of_another_form_is_refused_in_one_line_before_a_table_is_read(
    capsys, tmp_path, words, told
):
    command, *rest = words
    table, out = str(tmp_path / "none.csv"), ["--out", str(tmp_path / "out.csv")]
    given = {
        "merge": [table, "--for", "y ~ .", *out],
        "check": [table],
        "summarize": [table, "--out", str(tmp_path / "out.json")],
        "distil": [table, "--target", "y", "--rows", "9", *out],
        "audit": ["--results", str(tmp_path)],
    }
    assert main([command, *given.get(command, []), *rest]) == 2
    first, *others = capsys.readouterr().err.splitlines()
    assert first.startswith(told)
    assert all(line.startswith(f"{table}: does not exist") for line in others)


def test_no_option_has_a_type_of_which_argparse_tells_its_usage():
    (commands,) = [each for each in _parser()._actions if each.choices]
    types = {action.type for one in commands.choices.values() for action in one._actions}
    assert types <= {None, str, Path, folder, whole, number}


@pytest.mark.parametrize("command", [["grid"], ["batch", 0, 4]], ids=["grid", "batch"])
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("tiny", "tyni", "1: experiment = 'tyni': unknown"),
        ("[0, 4]", "[3, -2, -1]", "3: seed = -1: must be greater"),
        ("[0, 4]", "[0, 4", "3: is not YAML"),
    ],
)
def test_a_faulty_grid_is_one_line_before_any_job(
    ddlib, store, computed, grid, tmp_path, command, old, new, line
):
    grid.write_text(grid.read_text().replace(old, new))
    name, *bounds = command
    failures = ["--failures", tmp_path / "failed"] if name == "batch" else []
    code, out, err = ddlib(name, grid, *bounds, *failures)
    assert (code, out, computed) == (2, "", [])
    assert err.startswith(f"{grid}:{line}")
    assert err.count("\n") == 1
    assert not store.folders[0].exists()


def test_a_process_of_its_own_refuses_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "ddlib", "grid", "none.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "none.yml: cannot be read: No such file or directory\n"


# grid


def test_grid_says_what_is_missing_and_computes_nothing(ddlib, store, computed, grid):
    compute_and_save(TINY, TinyConfig(seed=2), store=store)
    line = f"some: computing 3 of 4 configs, about 2 s on one core, into {store.folders[0]}\n"
    assert ddlib("grid", grid) == (0, line, "")
    assert computed == []


def test_grid_counts_the_runs_of_a_notebook(ddlib, grid, tmp_path):
    (tmp_path / "x.py").write_text("")
    grid.write_text(f"notebook: {tmp_path / 'x.py'}\nparameters: {{n: [1, 2, 3]}}\n")
    assert ddlib("grid", grid) == (0, f"some: 3 runs of {tmp_path / 'x.py'}\n", "")


def test_grid_counts_a_damaged_file_as_missing_only_when_told(ddlib, store, grid):
    compute_and_save(TINY, TinyConfig(seed=2), store=store)
    path_of(store, 2).write_bytes(b"damaged")
    code, _, err = ddlib("grid", grid)
    assert code == 2
    assert err.startswith(f"{path_of(store, 2)}: is damaged")
    line = f"some: computing 4 of 4 configs, about 2 s on one core, into {store.folders[0]}\n"
    assert ddlib("grid", grid, "--replace")[:2] == (0, line)


@pytest.mark.parametrize("command", ["run", "grid", "batch"])
def test_a_store_that_cannot_be_written_is_refused_before_computing(
    ddlib, store, computed, grid, tmp_path, command, monkeypatch
):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    arguments = {
        "run": ["tiny", "seed=0"],
        "grid": [grid],
        "batch": [grid, 0, 4, "--failures", tmp_path / "failed"],
    }
    code, out, err = ddlib(command, *arguments[command])
    assert (code, out, computed) == (2, "", [])
    assert err == f"{store.folders[0] / 'tiny'}: cannot be written: {tmp_path} is read-only " + (
        "for this user\n"
    )


# batch


@pytest.fixture
def failures(tmp_path):
    return tmp_path / "_build" / "failed"


@pytest.fixture
def batch(ddlib, grid, failures):
    return lambda start, stop, *more: ddlib(
        "batch", grid, start, stop, "--failures", failures, *more
    )


@pytest.fixture
def unlucky(monkeypatch, computed):
    """The seeds that the tiny experiment fails for."""
    seeds = {1}

    def run(config):
        computed.append(config)
        if config.seed in seeds:
            raise RuntimeError("no luck")
        return tiny(config)

    monkeypatch.setitem(EXPERIMENTS, "tiny", replace(TINY, run=run))
    return seeds


def test_batch_computes_its_slice_of_what_is_missing(batch, store, computed):
    compute_and_save(TINY, TinyConfig(seed=2), store=store)
    assert batch(1, 4) == (0, "", "")
    assert [config.seed for config in computed] == [1, 3]
    assert stored_seeds(store) == [1, 2, 3]


@pytest.mark.parametrize(("start", "stop"), [(5, 2), (2, 2), (-1, 4), (0, -1), (0, 5), (4, 5)])
def test_a_batch_that_is_not_within_the_grid_is_refused(batch, computed, failures, start, stop):
    line = f"start = {start}, stop = {stop}: must be 0 <= start < stop <= 4, the number of configs"
    assert batch(start, stop) == (2, "", f"{line}\n")
    assert (computed, failures.exists()) == ([], False)


def test_a_batch_of_a_grid_over_a_notebook_is_refused(batch, grid, tmp_path):
    (tmp_path / "x.py").write_text("")
    grid.write_text(f"notebook: {tmp_path / 'x.py'}\nparameters: {{}}\n")
    line = f"{grid}: is over a notebook; must be over an experiment\n"
    assert batch(0, 1) == (2, "", line)


def test_a_failing_config_is_logged_and_stops_no_other(batch, store, unlucky, failures):
    assert batch(0, 3)[0] == 1
    assert stored_seeds(store) == [0, 2]
    (log,) = failures.iterdir()
    assert log.name == f"{config_hash(TinyConfig(seed=1))}.log"
    text = log.read_text()
    assert text.startswith("tiny TinyConfig(seed=1, scale=1.0, weights=(), label='a')\n\nTraceback")
    assert text.endswith("RuntimeError: no luck\n")


def test_a_retry_computes_only_what_failed_and_removes_its_log(
    batch, store, unlucky, failures, computed
):
    batch(0, 3)
    unlucky.clear()
    computed.clear()
    assert batch(0, 3)[0] == 0
    assert [config.seed for config in computed] == [1]
    assert list(failures.iterdir()) == []
    assert stored_seeds(store) == [0, 1, 2]


def test_a_log_stays_as_long_as_its_cause(batch, unlucky, failures):
    for _ in range(2):
        assert batch(0, 3)[0] == 1
        assert len(list(failures.iterdir())) == 1


def test_a_damaged_file_is_replaced_in_a_batch_only_when_told(batch, store, computed):
    batch(0, 2)
    path_of(store, 0).write_bytes(b"damaged")
    code, _, err = batch(0, 2)
    assert code == 2
    assert err.startswith(f"{path_of(store, 0)}: is damaged")
    assert batch(0, 2, "--replace")[0] == 0
    assert [config.seed for config in computed] == [0, 1, 0]


def test_a_full_disk_stops_the_batch_with_one_line(batch, store, computed, failures, monkeypatch):
    def fails(number):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("os.fsync", fails)
    code, _, err = batch(0, 4)
    assert (code, len(computed)) == (2, 1)
    assert err == f"{path_of(store, 0)}: cannot be written: No space left on device\n"
    assert list(failures.iterdir()) == []


# pack


def test_pack_names_all_that_is_wrong(ddlib, store):
    folder = f"{store.folders[0]}: no such folder; must be a folder of stored rows"
    assert ddlib("pack", "tiny") == (2, "", f"{folder}\n")
    known = f"unknown; must be one of {', '.join(EXPERIMENTS)}"
    unknown = "; ".join(f"experiment = {name!r}: {known}" for name in ("nope", "nope2"))
    assert ddlib("pack", "nope", "tiny", "nope2") == (2, "", f"{unknown}; {folder}\n")


# audit


def test_audit_names_all_that_is_wrong(ddlib, store):
    folder = f"{store.folders[0]}: no such folder; must be a folder of stored rows"
    assert ddlib("audit") == (2, "", f"{folder}\n")
    limits = "--seconds = -1.0: must be a number above 0, or inf for all; "
    limits += "--count = -3: must be a whole number, at least 1"
    assert ddlib("audit", "--count", -3, "--seconds", -1) == (2, "", f"{limits}; {folder}\n")
    store.folders[0].write_text("")
    folder = f"{store.folders[0]}: is no folder; must be a folder of stored rows"
    assert ddlib("audit") == (2, "", f"{folder}\n")


def test_no_text_is_no_folder_of_results(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in (["audit"], ["pack"], ["run", "descents", "seed=0"]):
        assert main([*words, "--results", ""]) == 2
        assert capsys.readouterr().err == "--results = '': must be a folder\n"


@pytest.fixture
def planted(store):
    """Three stored configs, one with a changed number."""
    for seed in (0, 1, 2):
        rows = tiny(TinyConfig(seed=seed))
        rows["value"] += float(seed == 1)
        store.save(TINY, TinyConfig(seed=seed), rows, ORIGIN | {"seconds": 0.5})


def test_audit_tells_a_planted_change_with_experiment_config_column_and_values(ddlib, planted):
    code, out, err = ddlib("audit", "--seed", 5)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    shown = "3 of 3 stored configs (100.0%, 100.0% of their computing time)"
    assert lines[:4] == [
        f"audit: recomputes {shown}, in about 2 s on one core",
        "audit: the sample follows from the seed 5",
        f"audit: 3 of 3 have the arithmetic of this process, {fingerprint()}, and are compared to "
        "the last bit; the others are left out",
        "audit: of each experiment tiny 3",
    ]
    (line,) = [line for line in lines if "stored np" in line]
    new = tiny(TinyConfig(seed=1))["value"]
    row = int(re.search(r"row (\d)", line)[1])
    assert line == (
        f"    tiny {TinyConfig(seed=1).model_dump(mode='json')}: column value, row {row}: stored "
        f"{new.iloc[row] + 1!r}, new {new.iloc[row]!r}, allowed difference 0"
    )
    assert f"  tiny/{config_hash(TinyConfig(seed=1))}: changed" in lines
    assert f"  tiny/{config_hash(TinyConfig(seed=2))}: same" in lines
    assert lines[-1] == f"audit: 2 same, 1 changed, of {shown}"


def test_audit_of_untouched_files_passes(ddlib, store):
    for seed in range(3):
        compute_and_save(TINY, TinyConfig(seed=seed), store=store)
    code, out, _ = ddlib("audit")
    assert code == 0
    assert out.splitlines()[-1].startswith("audit: 3 same, 0 changed, of 3 of 3 stored")


def test_audit_respects_its_budget(ddlib, planted, computed):
    _, out, _ = ddlib("audit", "--seconds", 1)
    assert out.startswith("audit: recomputes 2 of 3 stored configs (66.7%, ")
    assert len(computed) == 2


def test_the_sample_of_an_audit_follows_from_the_commit(ddlib, planted, computed, monkeypatch):
    monkeypatch.setattr("ddlib.runs.provenance.environment", lambda: {"commit": "1c0ffee"})
    _, out, _ = ddlib("audit", "--seconds", 0.5)
    assert "audit: the sample follows from the seed 1c0ffee\n" in out
    assert ddlib("audit", "--seconds", 0.5)[1] == out
    assert computed[0] == computed[1]
    others = [ddlib("audit", "--seconds", 0.5, "--seed", seed)[1] for seed in range(9)]
    assert len({tuple(other.splitlines()[4:]) for other in others}) > 1


def test_audit_of_nothing_fails(ddlib, store):
    """An audit that looked at nothing must not look like one that passed."""
    store.folders[0].mkdir()
    code, out, err = ddlib("audit", "--seed", 0)
    assert (code, out) == (2, "")
    assert err.endswith(": no stored rows to audit\n")


def test_by_default_results_are_the_committed_ones(monkeypatch):
    seen = []

    def witness(store, **rest):
        seen.append(store.folders)
        raise StoreError("enough")

    monkeypatch.setattr("ddlib.runs.audit.plan", witness)
    assert main(["audit"]) == 2
    assert seen == [(Path(__file__).parents[1] / "book" / "results",)]


def piped(command):
    """The exit code of the first program of a pipe, and what it says on stderr."""
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True
    )
    return done.returncode, done.stderr


def test_a_reader_who_has_enough_gets_no_traceback():
    code, err = piped(f"{sys.executable} -m ddlib list | true")
    assert err == ""
    assert code in {0, 141}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_without_room_is_told_in_one_line():
    code, err = piped(f"{sys.executable} -m ddlib list > /dev/full")
    assert (code, err) == (1, "ddlib: output: No space left on device\n")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("list >&-", 0, ""),
        ("list 2>&-", 0, ""),
        ("check nope.csv >&-", 2, "nope.csv: does not exist"),
        ("check nope.csv 2>&-", 2, ""),
        ("check nope.csv >&- 2>&-", 2, ""),
    ],
)
def test_a_closed_output_changes_no_exit_code(words, code, told):
    found, err = piped(f"{sys.executable} -m ddlib {words}")
    assert found == code
    assert told in err
    assert "Traceback" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["check nope.csv", "check", "check a.csv --nope"])
def test_errors_without_room_change_no_exit_code(words):
    assert piped(f"{sys.executable} -m ddlib {words} 2>/dev/full") == (2, "")


def test_a_command_that_its_user_stops_says_so_without_a_traceback(monkeypatch, capsys):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr("ddlib.cli.main", stop)
    monkeypatch.setattr("ddlib.__main__.pin_process", lambda: None)
    assert run_command() == 130
    assert capsys.readouterr().err == "stopped\n"
