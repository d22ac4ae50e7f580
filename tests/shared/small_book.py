"""A copy of the project with two tiny chapters, and what a reader does in it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from ddlib.book.imports import library_files
from tests.shared.notebooks import HEADER

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds until a build that hangs fails its test, on however busy a machine

# Each run leaves a line in a log; while its hold file lies there, the run goes on.
CHAPTER = (
    HEADER
    + """# %% [markdown]
# # Chapter {name}
#
# Prose of {name}.

# %% tags=["parameters"]
n = 1  # a number

# %%
import time
from pathlib import Path

from ddlib.{module} import value

with Path("../executed.log").open("a") as log:
    log.write("{name}\\n")
while Path("../hold-{name}").exists():
    time.sleep(0.02)
print("computed", value, "of", n)
"""
)
# While its hold file lies there, Sphinx waits with the pages that it has read, and says so.
HOLD = """
import time
from pathlib import Path


def wait(app, env):
    hold = Path(env.srcdir).parents[1] / "hold-sphinx"
    while hold.exists():
        hold.with_name("sphinx-waits").touch()
        time.sleep(0.02)


def setup(app):
    app.connect("env-updated", wait)
"""
FILES = {
    "_toc.yml": "format: jb-book\nroot: book/page\nchapters:\n"
    "- file: notebooks/one\n- file: notebooks/two\n",
    "book/_ext/hold.py": HOLD,
    "book/page.md": "# A page\n\nProse of the page, see {doc}`../notebooks/one`.\n",
    "book/parameters.yml": "one: {n: 7}\n",
    "ddlib/first.py": "from ddlib.behind import value\n",
    "ddlib/behind.py": "value = 100\n",
    "ddlib/second.py": "from ddlib.experiments.tiny import value\n",
    "ddlib/experiments/registry.py": "EXPERIMENTS = {}\n",  # the real ones bring torch
    "ddlib/experiments/tiny.py": "value = 200\n",
    "ddlib/unused.py": "value = 300\n",
    "executed.log": "",
    "notebooks/one.py": CHAPTER.format(name="one", module="first"),
    "notebooks/two.py": CHAPTER.format(name="two", module="second"),
    "requirements.txt": "a-package==1.0\n",
}
FIGURE = (
    HEADER
    + """# %% tags=["parameters"]
n = [1, 2]  # heights

# %%
# | label: fig-line
# | caption: A line
# | alt: A rising line
import matplotlib.pyplot as plt

print("β", *n)
plt.plot(n)
plt.show()
"""
)
EXECUTED = ["_build/executed/one.ipynb", "_build/executed/two.ipynb"]


class SmallBook:
    """A copy of the project, and what a reader does in it."""

    def __init__(self, folder):
        self.folder = folder
        self.log = folder / "executed.log"
        self.page = folder / "_build" / "html" / "index.html"
        # The environment is the one that runs the tests, and never made anew.
        environment = Path(sys.prefix)
        stamp = environment / ".installed"
        self.make = ["make", f"VENV={environment}", f"--old-file={stamp}", "book"]
        # Under `make test` this make would count as a recursive one, and say so.
        outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        self.variables = {k: v for k, v in os.environ.items() if k not in outer}
        self.variables["PYTHONPATH"] = str(folder)

    def book(self):
        """Run `make book` to its end."""
        return self._run(self.make)

    def run(self, notebook, parameters, **variables):
        """Run `make run` in a shell with some more variables."""
        command = [*self.make[:-1], "run", f"NOTEBOOK=notebooks/{notebook}", f"PARAMS={parameters}"]
        self.variables |= variables
        return self._run(command)

    def execute(self):
        """Run as much of `make book` as executes notebooks; fail the test if it fails."""
        done = self._run(["bash", "-c", f"{self._snakemake()} {' '.join(EXECUTED)}"])
        assert done.returncode == 0, done.stdout
        return done

    def start(self, *targets):
        """Start snakemake as `make book` does, in a process group of its own."""
        command = ["bash", "-c", f"exec env {self._snakemake()} {' '.join(targets)}"]
        with (self.folder / "started.txt").open("w") as terminal:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.variables,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )

    def edit(self, path, old, new):
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))

    def executed(self):
        """Return the names of the chapters whose code ran in this copy."""
        return sorted(self.log.read_text().split())

    def output(self, name):
        """Return what the executed chapter printed."""
        path = self.folder / "_build" / "executed" / f"{name}.ipynb"
        *_, last = nbformat.read(path, as_version=4).cells
        return "".join(output.text for output in last.outputs)

    def html(self, name):
        return (self.page.parent / f"{name}.html").read_text()

    def _snakemake(self):
        """Return the command line of snakemake in `make book`, without its target."""
        lines = self._run([*self.make, "--dry-run"]).stdout.splitlines()
        (line,) = [line for line in lines if "/snakemake " in line]
        assert line.endswith(" book")
        return line.removesuffix("book")

    def _run(self, command):
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE,
        )


def wait_for(condition, process):
    """Wait until `condition` holds while `process`, which is to bring it about, runs."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, "the build ended too early"
        assert time.monotonic() < end, "the build takes too long"
        time.sleep(0.02)


def write_small_book(folder):
    """Write the project into `folder`, with its own tools and two chapters in place of others."""
    tools = [ROOT / "ddlib" / "book" / name for name in ("__main__.py", "imports.py")]
    copied = {str(tool.relative_to(ROOT)) for tool in tools}
    tools += [*(ROOT / "book" / "_ext").glob("*.py")]
    copied = copied.union(*(library_files(tool, ROOT) for tool in tools))
    copied |= {path.name for path in ROOT.glob("*.smk")}
    for name in ["Makefile", "Snakefile", "_config.yml", *copied]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    left_out = ["*.md", "*.yml", "results", "__pycache__"]  # pages, parameters, claims, rows
    shutil.copytree(ROOT / "book", folder / "book", ignore=shutil.ignore_patterns(*left_out))
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    book = SmallBook(folder)
    book.edit("_config.yml", "local_extensions:\n", "local_extensions:\n    hold: book/_ext\n")
    return book
