"""Installed from a wheel, outside any checkout: rows lie in the current directory."""

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
    """A folder with the files of the wheel, as an installation lays them."""
    source, wheels, site = (tmp_path_factory.mktemp(name) for name in ("source", "wheels", "site"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "ddlib", source / "ddlib", ignore=left_out)
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels]
    subprocess.run([sys.executable, "-m", *build, source], check=True)
    (wheel,) = wheels.iterdir()
    zipfile.ZipFile(wheel).extractall(site)
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


def test_rows_lie_under_the_current_directory_which_the_messages_name(run):
    command = ("-m", "ddlib")
    assert run(*command, "audit", code=2) == "results: no stored rows to audit\n"
    (run.folder / "small.yml").write_text("experiment: hospitals\nparameters: {seed: 0}\n")
    line = f"small: computing 1 of 1 configs, about 5 s on one core, into {run.folder / 'results'}"
    assert run(*command, "grid", "small.yml") == f"{line}\n"
    printed = run(*command, "run", "hospitals", "seed=0", "num_steps=1")
    (row,) = (run.folder / "results").rglob("*.parquet")
    assert printed.splitlines()[-1] == str(row.relative_to(run.folder))
    run(*command, "run", "hospitals", "seed=0", "num_steps=1", "--results", "elsewhere")
    assert len(list((run.folder / "elsewhere" / "hospitals").iterdir())) == 1
    assert run(*command, "pack", "hospitals").endswith(" in results/hospitals.parquet\n")
    code = (
        "from ddlib.experiments.hospitals import HOSPITALS, HospitalsConfig as Config;"
        "from ddlib.runs.compute import collect;"
        "print(len(collect(HOSPITALS, [Config(seed=0, num_steps=1)])))"
    )
    assert int(run("-c", code)) > 1


def test_the_list_is_kept_in_the_cache_of_the_user(run, tmp_path):
    printed = run("-m", "ddlib", "list")
    assert printed.startswith(f"{next(iter(EXPERIMENTS))}  (version ")
    assert run("-m", "ddlib", "list") == printed
    assert [path.name for path in (tmp_path / "cache" / "ddlib").iterdir()] == ["experiments.txt"]
