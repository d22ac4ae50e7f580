"""The sweep as a reader runs it, `make sweep`, on a copy of the project with a tiny experiment."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from ddlib.runs.store import Store
from tests.shared.snakemake import snakemake

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds until a sweep that hangs fails its test, on however busy a machine

REGISTRY = """
import time
from pathlib import Path

import pandas as pd

from ddlib.config import Config, Seed
from ddlib.experiments.base import Column, Experiment


class TinyConfig(Config):
    seed: Seed


def tiny(config):
    with Path("computed.log").open("a") as log:
        log.write(f"{config.seed}\\n")
    while Path(f"hold-{config.seed}").exists():
        time.sleep(0.01)
    if Path(f"fail-{config.seed}").exists():
        raise RuntimeError("no luck")
    return pd.DataFrame({"value": [1 / (3 + config.seed)]})


TINY = Experiment("tiny", TinyConfig, tiny, {"value": Column("a number")}, 1, lambda config: 1.0)
EXPERIMENTS = {"tiny": TINY}


def find_experiment(name):
    return EXPERIMENTS[name]
"""


class Project:
    """A copy of the project with a sweep of three batches of one config each."""

    def __init__(self, folder):
        self.folder, self.store = folder, Store((folder / "book" / "results",))
        for name in ("Snakefile", "sweeps.smk", "requirements.txt"):
            shutil.copy(ROOT / name, folder / name)
        shutil.copytree(
            ROOT / "ddlib", folder / "ddlib", ignore=shutil.ignore_patterns("__pycache__")
        )
        files = {
            "ddlib/experiments/registry.py": REGISTRY,
            "book/parameters.yml": "{}\n",
            "grids/tiny.yml": "experiment: tiny\nparameters: {seed: [0, 1, 2]}\n",
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True, parents=True)
            (folder / name).write_text(text)
        self.command = snakemake("--config", "grid=grids/tiny.yml", "--", "sweep")
        binaries = Path(sys.executable).parent
        self.environment = os.environ | {
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
        }

    @contextlib.contextmanager
    def started(self):
        """Start a sweep in a process group of its own, which is killed at the end."""
        with (self.folder / "terminal.txt").open("w") as terminal:
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def sweep(self):
        """Run a sweep to its end; return its exit code."""
        with self.started() as process:
            return process.wait(PATIENCE)

    def terminal(self):
        return (self.folder / "terminal.txt").read_text()

    def computed(self):
        log = self.folder / "computed.log"
        return sorted(log.read_text().split()) if log.exists() else []

    def values(self):
        """Return seed -> stored value, and path -> time of its last change."""
        stored = list(self.store.records())
        rows = {s.provenance["config"]["seed"]: s.rows["value"].item() for s in stored}
        return rows, {s.path: s.path.stat().st_mtime_ns for s in stored}


def test_a_killed_sweep_goes_on_and_a_failing_config_stops_no_other(tmp_path):
    project = Project(tmp_path)
    failures = tmp_path / "_build" / "sweeps" / "tiny" / "failed"
    (tmp_path / "fail-0").touch()
    (tmp_path / "hold-1").touch()

    def only_the_held_one_is_left():
        return (
            list(project.store.records())
            and [*failures.glob("*.log")]
            and "1" in project.computed()
        )

    end = time.monotonic() + PATIENCE
    with project.started() as process:
        while not only_the_held_one_is_left():
            assert process.poll() is None, project.terminal()
            assert time.monotonic() < end, project.terminal()
            time.sleep(0.02)
    first, times = project.values()
    assert first == {2: 1 / 5}

    (tmp_path / "hold-1").unlink()
    assert project.sweep() != 0
    rows, later = project.values()
    assert rows == {1: 1 / 4, 2: 1 / 5}
    assert later.items() >= times.items()
    assert project.computed() == ["0", "0", "1", "1", "2"]
    (log,) = failures.iterdir()
    assert f"failed: {log.read_text().splitlines()[0]}\n" in project.terminal()
    assert f"log: {log.relative_to(tmp_path)}" in project.terminal()
