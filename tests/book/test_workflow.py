"""The build as a reader runs it, `make book`, on a copy of the project with two tiny chapters."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess

import pytest

from tests.shared.small_book import (
    EXECUTED,
    FIGURE,
    PATIENCE,
    ROOT,
    SmallBook,
    wait_for,
    write_small_book,
)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of a project that the first worker which asks for it has built."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "built"
    with (shared / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            blank = tmp_path_factory.mktemp("unfinished") / "a book"  # as people have them
            build_from_nothing(blank).rename(folder)
    return folder


def build_from_nothing(folder):
    """Build a project in a new folder, and return the folder."""
    folder.mkdir()
    project = write_small_book(folder)
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
    return SmallBook(folder)


@contextlib.contextmanager
def started(project, *targets):
    """Start a build of some targets; on leaving, kill what is left of it."""
    build = project.start(*targets)
    try:
        yield build
    finally:
        if build.poll() is None:
            os.killpg(build.pid, signal.SIGKILL)
            build.wait()


@pytest.fixture
def held(project):
    """A build in which chapter one was executed and woven and chapter two is being executed."""
    (project.folder / "hold-two").touch()
    project.edit("requirements.txt", "1.0", "1.1")
    woven = project.folder / "_build" / "pages" / "one.ipynb"
    before = woven.stat().st_mtime_ns

    def is_half_done():
        is_woven = woven.exists() and woven.stat().st_mtime_ns > before
        return is_woven and "two" in project.executed()

    with started(project, "_build/pages/one.ipynb", *EXECUTED) as build:
        wait_for(is_half_done, build)
        yield build


def test_a_second_build_does_nothing(project):
    before = project.page.stat().st_mtime_ns
    done = project.book()
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout
    assert project.executed() == []
    assert project.page.stat().st_mtime_ns == before


def test_a_change_executes_what_depends_on_it(project):
    """Code, stored rows, a module and a parameter, each for one chapter of two."""
    project.edit("notebooks/one.py", '"of"', '"out of"')
    rows = project.folder / "book" / "results" / "tiny.parquet"
    rows.parent.mkdir(parents=True)
    rows.write_bytes(b"")
    project.execute()
    assert project.executed() == ["one", "two"]
    assert project.output("one") == "computed 100 out of 7\n"

    project.log.write_text("")
    project.edit("ddlib/behind.py", "100", "101")
    project.edit("book/parameters.yml", "}\n", "}\ntwo: {n: 8}\n")
    project.execute()
    assert project.executed() == ["one", "two"]
    assert project.output("one") == "computed 101 out of 7\n"
    assert project.output("two") == "computed 200 of 8\n"


def test_prose_executes_nothing_and_reaches_the_page_though_a_build_was_killed_in_sphinx(project):
    """Nor does what no chapter uses; until a build comes to its end, the old pages stay."""
    page = project.html("book/page")
    project.edit("ddlib/unused.py", "300", "301")
    project.edit("book/parameters.yml", "one:", "# A comment.\none:")
    (project.folder / "ddlib" / "first.py").touch()
    project.edit("notebooks/one.py", "Prose of one.", "Another sentence.")
    project.edit("notebooks/two.py", "# # Chapter two", "# # Another title")
    project.edit("book/page.md", "Prose of the page", "Other words")
    hold = project.folder / "hold-sphinx"
    hold.touch()
    with started(project, "book") as build:
        wait_for((project.folder / "sphinx-waits").exists, build)
    hold.unlink()
    assert project.page.exists()
    assert project.html("book/page") == page
    assert project.book().returncode == 0
    assert project.executed() == []
    assert "Another sentence." in project.html("notebooks/one")
    assert "computed 100 of 7" in project.html("notebooks/one")
    assert "<h1>Another title" in project.html("notebooks/two")
    assert "Other words" in project.html("book/page")
    assert "| Another title |" in (project.folder / "_build" / "provenance.md").read_text()


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
    assert project.executed() == []  # chapter one fails before its line, chapter two has no part


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
        f"Wrote {executed.relative_to(project.folder)}: the chapter with its numbers, tables and "
        "figures, to open in Jupyter",
    ], done.stdout
    assert "image/png" in executed.read_text(encoding="utf-8")


def test_a_wrong_name_is_one_line_of_make(project):
    done = project.run("one.py", "n=[1, 2] m=3")
    assert done.stdout.splitlines()[0] == "notebooks/one.py: m = 3: unknown; must be one of n"
    project.edit("book/parameters.yml", "one", "three")
    message = "book/parameters.yml:1: three: no such chapter; must be one of one, two"
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


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(os.killpg, id="whole group", marks=pytest.mark.nightly),
        pytest.param(os.kill, id="snakemake alone"),
    ],
)
def test_a_killed_build_goes_on_from_what_was_finished(project, held, kill):
    kill(held.pid, signal.SIGKILL)
    held.wait()
    (project.folder / "hold-two").unlink()
    project.execute()
    assert project.executed() == ["one", "two", "two"]


def test_a_second_build_at_the_same_time_stops_with_one_line(project):
    hold = project.folder / "hold-two"
    hold.touch()
    project.edit("notebooks/two.py", '"of"', '"out of"')
    with started(project, *EXECUTED) as build:
        wait_for(project.executed, build)
        done = project.book()
        assert done.returncode != 0
        assert done.stdout.count("another build of this book is running") == 1
        assert "Traceback" not in done.stdout
        hold.unlink()
        assert build.wait(PATIENCE) == 0, (project.folder / "started.txt").read_text()
    assert project.executed() == ["two"]
    assert project.output("two") == "computed 200 out of 1\n"
