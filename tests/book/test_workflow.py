"""The build as a reader runs it, `make book`, on a copy of the project with two tiny chapters."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ddlib.book.imports import library_files
from tests.book.test_notebooks import HEADER

ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds until a build that hangs fails its test

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
FILES = {
    "_toc.yml": "format: jb-book\nroot: book/page\nchapters:\n"
    "- file: notebooks/one\n- file: notebooks/two\n",
    "book/page.md": "# A page\n\nProse of the page, see {doc}`../notebooks/one`.\n",
    "book/parameters.yml": "one: {n: 7}\n",
    "ddlib/first.py": "from ddlib.behind import value\n",
    "ddlib/behind.py": "value = 100\n",
    "ddlib/second.py": "from ddlib.experiments.tiny import value\n",
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

# %% mystnb={"figure": {"name": "fig-line", "caption": "A line"}}
import matplotlib.pyplot as plt

print("β", *n)
plt.plot(n)
plt.show()
"""
)
EXECUTED = ["_build/executed/one.ipynb", "_build/executed/two.ipynb"]


class Project:
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


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build a project once, from nothing."""
    folder = tmp_path_factory.mktemp("built") / "a book"  # with a blank, as people have them
    folder.mkdir()
    tools = [ROOT / "ddlib" / "book" / name for name in ("__main__.py", "imports.py")]
    copied = {str(tool.relative_to(ROOT)) for tool in tools}.union(library_files(tools[0], ROOT))
    copied |= {path.name for path in ROOT.glob("*.smk")}
    for name in ["Makefile", "Snakefile", "_config.yml", *copied]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    pages_and_rows = shutil.ignore_patterns("*.md", "parameters.yml", "results", "__pycache__")
    shutil.copytree(ROOT / "book", folder / "book", ignore=pages_and_rows)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    project = Project(folder)
    done = project.book()
    assert done.returncode == 0, done.stdout
    assert re.findall(r"\w+://\S+", done.stdout) == [project.page.as_uri()]
    assert done.stdout.splitlines()[-1] == f"Open {project.page.as_uri()}"
    assert project.executed() == ["one", "two"]
    assert "computed 100 of 7" in project.html("notebooks/one")
    assert "computed 200 of 1" in project.html("notebooks/two")
    return folder


@pytest.fixture
def project(built, tmp_path):
    """A copy of the built project, with an empty log."""
    folder = tmp_path / "a project"
    shutil.copytree(built, folder, symlinks=True)
    (folder / "executed.log").write_text("")
    return Project(folder)


@pytest.fixture
def held(project):
    """A build in which chapter one was executed and woven and chapter two is being executed."""
    hold = project.folder / "hold-two"
    hold.touch()
    project.edit("requirements.txt", "1.0", "1.1")
    woven = project.folder / "_build" / "pages" / "one.ipynb"
    before = woven.stat().st_mtime_ns
    build = project.start("_build/pages/one.ipynb", *EXECUTED)

    def is_half_done():
        is_woven = woven.exists() and woven.stat().st_mtime_ns > before
        return is_woven and "two" in project.executed()

    try:
        wait_for(is_half_done, build)
        yield build
    finally:
        hold.unlink(missing_ok=True)
        if build.poll() is None:
            os.killpg(build.pid, signal.SIGKILL)
            build.wait()


def test_a_second_build_does_nothing(project):
    before = project.page.stat().st_mtime_ns
    done = project.book()
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout
    assert project.executed() == []
    assert project.page.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("path", "old", "new", "chapters", "output"),
    [
        ("notebooks/one.py", '"of"', '"out of"', ["one"], "computed 100 out of 7"),
        ("ddlib/behind.py", "100", "101", ["one"], "computed 101 of 7"),
        ("book/parameters.yml", "7", "8", ["one"], "computed 100 of 8"),
        ("requirements.txt", "1.0", "1.1", ["one", "two"], "computed 100 of 7"),
    ],
    ids=["code", "module", "parameter", "lock"],
)
def test_a_change_executes_what_depends_on_it(project, path, old, new, chapters, output):
    project.edit(path, old, new)
    project.execute()
    assert project.executed() == chapters
    assert output in (project.folder / "_build" / "executed" / f"{chapters[0]}.ipynb").read_text()


def test_stored_rows_execute_the_chapter_that_imports_their_experiment(project):
    rows = project.folder / "book" / "results" / "tiny" / "rows.csv"
    rows.parent.mkdir(parents=True)
    rows.write_text("1")
    project.execute()
    assert project.executed() == ["two"]


def test_what_no_chapter_uses_executes_nothing(project):
    project.edit("ddlib/unused.py", "300", "301")
    project.edit("book/parameters.yml", "one:", "# A comment.\none:")
    (project.folder / "ddlib" / "first.py").touch()
    (project.folder / "notebooks" / "two.py").touch()
    project.execute()
    assert project.executed() == []


def test_prose_executes_nothing_and_reaches_the_page(project):
    project.edit("notebooks/one.py", "Prose of one.", "Another sentence.")
    project.edit("notebooks/two.py", "# # Chapter two", "# # Another title")
    project.edit("book/page.md", "Prose of the page", "Other words")
    assert project.book().returncode == 0
    assert project.executed() == []
    assert "Another sentence." in project.html("notebooks/one")
    assert "computed 100 of 7" in project.html("notebooks/one")
    assert "<h1>Another title" in project.html("notebooks/two")
    assert "Other words" in project.html("book/page")
    assert "## Another title" in (project.folder / "_build" / "provenance.md").read_text()


def test_a_failing_cell_is_named_by_every_build_until_it_is_mended(project):
    page = project.html("notebooks/one")
    project.edit("ddlib/behind.py", "100", "100 / 0")
    for _ in range(2):
        done = project.book()
        assert done.returncode != 0
        assert "notebooks/one.py: cell 3 failed" in done.stdout
        assert "from ddlib.first import value" in done.stdout
        assert "ZeroDivisionError: division by zero" in done.stdout
        assert project.page.exists()
        assert project.html("notebooks/one") == page


def test_a_warning_of_sphinx_fails_every_build_until_it_is_mended(project):
    page = project.html("book/page")
    project.edit("book/page.md", "see", "see {ref}`nowhere`,")
    for _ in range(2):
        done = project.book()
        assert done.returncode != 0
        assert "WARNING: undefined label: 'nowhere'" in done.stdout
        assert project.page.exists()
        assert project.html("book/page") == page


def test_one_notebook_runs_with_a_list_and_its_figure_whatever_the_shell_says(project):
    (project.folder / "notebooks" / "figure.py").write_text(FIGURE, encoding="utf-8")
    shell = {"MPLBACKEND": "Agg", "LC_ALL": "tr_TR.ISO-8859-9"}
    done = project.run("figure.py", "n=[10, 20]", **shell)
    assert done.returncode == 0, done.stdout
    executed = project.folder / "_build" / "runs" / "figure.ipynb"
    assert done.stdout.splitlines()[-3:] == [
        "Executing notebooks/figure.py, 2 cells of code",
        "β 10 20",
        f"Executed notebooks/figure.py into {executed.relative_to(project.folder)}",
    ]
    assert "image/png" in executed.read_text(encoding="utf-8")


def test_a_wrong_name_is_one_line_of_make(project):
    done = project.run("one.py", "n=[1, 2] m=3")
    assert done.stdout.splitlines()[0] == "notebooks/one.py: m = 3: unknown; allowed: n"
    project.edit("book/parameters.yml", "one", "three")
    message = "book/parameters.yml:1: three: no such chapter; there are one, two"
    assert project.book().stdout.splitlines()[0] == message
    assert project.executed() == []


@pytest.mark.parametrize("made_in", ["here", "another folder"])
def test_an_environment_that_came_along_with_a_folder_is_made_anew(tmp_path, made_in):
    folder = tmp_path / "a copy"
    program = folder / ".venv" / "bin" / "activate"
    program.parent.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    place = folder if made_in == "here" else tmp_path
    program.write_text(f'VIRTUAL_ENV="{place / ".venv"}"\n', encoding="utf-8")
    (folder / ".venv" / ".installed").touch()
    make = ["make", "--dry-run", "env"]
    done = subprocess.run(make, cwd=folder, capture_output=True, text=True, check=True)
    assert ("rm -rf .venv" in done.stdout.splitlines()) == (made_in == "another folder")


@pytest.mark.parametrize("kill", [os.killpg, os.kill], ids=["whole group", "snakemake alone"])
def test_a_killed_build_goes_on_from_what_was_finished(project, held, kill):
    kill(held.pid, signal.SIGKILL)
    held.wait()
    (project.folder / "hold-two").unlink()
    project.execute()
    assert project.executed() == ["one", "two", "two"]


def test_a_build_killed_in_sphinx_leaves_the_page_and_goes_on(project):
    page = project.html("book/page")
    project.edit("book/page.md", "Prose of the page", "Other words")
    build = project.start("book")
    wait_for((project.folder / "_build" / "site" / "_build").exists, build)
    os.killpg(build.pid, signal.SIGKILL)
    build.wait()
    assert project.page.exists()
    assert project.html("book/page") == page
    assert project.book().returncode == 0
    assert "Other words" in project.html("book/page")
    assert project.executed() == []


def test_a_second_build_at_the_same_time_stops_with_one_line(project, held):
    done = project.book()
    assert done.returncode != 0
    assert done.stdout.count("another build of this book is running") == 1
    assert "Traceback" not in done.stdout
    (project.folder / "hold-two").unlink()
    assert held.wait(PATIENCE) == 0, (project.folder / "started.txt").read_text()
    assert project.executed() == ["one", "two"]
