"""Installed from a wheel, outside any checkout: rows lie in the current directory."""

import compileall
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import ddlib
from ddlib.experiments.registry import EXPERIMENTS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the files of the wheel and their bytecode, as an installation lays them."""
    source, wheels, site = (tmp_path_factory.mktemp(name) for name in ("source", "wheels", "site"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "ddlib", source / "ddlib", ignore=left_out)
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["build-backend"]
    build = f"import sys, {backend} as backend; backend.build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, wheels], cwd=source, check=True, stdout=subprocess.DEVNULL
    )
    (wheel,) = wheels.iterdir()
    zipfile.ZipFile(wheel).extractall(site)
    assert compileall.compile_dir(site, quiet=1)
    return site


def contents(folder):
    return {
        path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "__pycache__"
    }


@pytest.fixture
def run(site, tmp_path):
    """Run Python on the installed package in an empty folder; nothing may change beside it."""
    folder = tmp_path / "here"
    folder.mkdir()

    def call(*arguments, code=0):
        own = {"PYTHONPATH": str(site), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        before = contents(site)
        done = subprocess.run(
            [sys.executable, "-B", *arguments],
            cwd=folder,
            env=os.environ | own,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert contents(site) == before
        return done.stdout if code == 0 else done.stderr

    call.folder = folder
    return call


def test_the_package_has_its_version_types_and_command(site, run):
    printed = run("-c", "import ddlib; print(ddlib.__file__, ddlib.__version__)")
    assert printed == f"{site / 'ddlib' / '__init__.py'} {ddlib.__version__}\n"
    assert (site / "ddlib" / "py.typed").is_file()
    (about,) = site.glob("*.dist-info")
    assert about.name == f"ddlib-{ddlib.__version__}.dist-info"
    assert "ddlib = ddlib.__main__:run" in (about / "entry_points.txt").read_text()


def test_the_command_is_a_function_of_the_package():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert callable(EntryPoint("ddlib", scripts["ddlib"], "console_scripts").load())


# The commands one after the other in one process, which loads torch once.
COMMANDS = """
import contextlib, io, json, sys
from ddlib.cli import main

said = []
for command in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(command)
    said.append([code, out.getvalue(), err.getvalue()])
from ddlib.experiments.hospitals import HOSPITALS, HospitalsConfig as Config
from ddlib.runs.compute import collect
print(json.dumps([said, len(collect(HOSPITALS, [Config(seed=0, num_steps=1)]))]))
"""


def test_rows_lie_under_the_current_directory_which_the_messages_name(run):
    (run.folder / "small.yml").write_text("experiment: hospitals\nparameters: {seed: 0}\n")
    row = ["run", "hospitals", "seed=0", "num_steps=1"]
    commands = [
        ["audit"],
        ["grid", "small.yml"],
        row,
        [*row, "--results", "elsewhere"],
        ["pack", "hospitals"],
    ]
    said, num_rows = json.loads(run("-c", COMMANDS, json.dumps(commands)))
    audit, grid, one, other, pack = said
    assert audit == [2, "", "results: no such folder; must be a folder of stored rows\n"]
    line = f"small: computing 1 of 1 configs, about 5 s on one core, into {run.folder / 'results'}"
    assert grid == [0, f"{line}\n", ""]
    (away,) = (run.folder / "elsewhere" / "hospitals").iterdir()
    for (code, printed, _), folder in ((one, "results"), (other, "elsewhere")):
        place = f"{folder}/hospitals/{away.name}"
        assert (code, printed.splitlines()[-1]) == (0, place)
    assert pack[0] == 0
    assert pack[1].endswith(" in results/hospitals.parquet\n")
    assert [path.name for path in (run.folder / "results").glob("*.parquet")] == [
        "hospitals.parquet"
    ]
    assert num_rows > 1


def test_the_list_is_kept_in_the_cache_of_the_user(run, tmp_path):
    printed = run("-m", "ddlib", "list")
    assert printed.startswith(f"{next(iter(EXPERIMENTS))}  (version ")
    assert run("-m", "ddlib", "list") == printed
    assert [path.name for path in (tmp_path / "cache" / "ddlib").iterdir()] == ["experiments.txt"]
