"""What would stop a build, or silently leave something out of it, is one line before it starts."""

import os
import subprocess
import sys
import time

import pytest

from ddlib.book.project import chapters, check, read_parameters
from ddlib.runs.notebook import NotebookError
from ddlib.runs.places import FolderError, require_writable

CHAPTER = '# %% [markdown]\n# # {name}\n\n# %% tags=["parameters"]\nn = 1  # a number\n'
FILES = {
    "_toc.yml": "root: book/page\nparts:\n- chapters:\n  - file: notebooks/one\n"
    "    sections:\n    - file: notebooks/two\n",
    "book/page.md": "# A page\n",
    "book/parameters.yml": "one: {n: 010}\ntwo:\n",
    "ddlib/first.py": "",
    "notebooks/one.py": CHAPTER.format(name="one"),
    "notebooks/two.py": "\ufeff" + CHAPTER.format(name="two"),
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_sound_project_has_its_chapters_and_their_parameters(root):
    check(root)
    assert chapters(root) == ["one", "two"]
    assert read_parameters(root, ["one", "two"]) == {"one": {"n": 10}, "two": {}}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "notebooks/three.py",
            "",
            "notebooks/three: is not in _toc.yml; must have a line `- fi",
        ),
        ("book/more.md", "", "book/more: is not in _toc.yml; must have a line `- file: book/more`"),
        ("notebooks/My One.py", "", "notebooks/My One.py: must be named by a-z, 0-9 and _ alone"),
        (
            "_toc.yml",
            FILES["_toc.yml"] + "  - file: notebooks/tow\n",
            "_toc.yml: notebooks/tow: no such notebook; must be one of one, two",
        ),
        ("_toc.yml", "3\n", "{root}/_toc.yml:1: a table of contents: must be a mapping"),
        ("_toc.yml", "root: [", "{root}/_toc.yml:1: is not YAML"),
        ("notebooks/one.py", "%matplotlib inline\n", "{root}/notebooks/one.py:1: '%matplotlib"),
        (
            "book/parameters.yml",
            "one: {}\nthree: {n: 1}\n",
            "{root}/book/parameters.yml:2: three: no such chapter; must be one of one, two",
        ),
        (
            "book/parameters.yml",
            "one:\n  n: 2\n  m: 3\n",
            "{root}/book/parameters.yml:3: one: m = 3: unknown; must be one of n",
        ),
        ("book/parameters.yml", "one: 3\n", "{root}/book/parameters.yml:1: one: must be a mapping"),
        (
            "notebooks/one.py",
            CHAPTER.format(name="one") + "\n# %%\n# | label: fig-a\nplt.show()\n",
            "{root}/notebooks/one.py: figure 'fig-a': lacks caption, alt; must have label, caption",
        ),
    ],
)
def test_each_fault_is_one_line(root, name, text, message):
    (root / name).write_text(text, encoding="utf-8")
    with pytest.raises((NotebookError, ValueError)) as caught:
        check(root)
    assert str(caught.value).startswith(message.format(root=root))
    assert "\n" not in str(caught.value)


def test_the_faults_of_all_notebooks_are_told_at_once(root):
    figures = "\n# %%\n# | label: {a}\n# | alt: A line\n1\n\n# %% [markdown]\n# | a | table |\n"
    figures += "\n# %%\n#| capt: A line\n2\n"
    for name in ("one", "two"):
        text = CHAPTER.format(name=name) + figures.replace("{a}", f"fig-{name}")
        (root / "notebooks" / f"{name}.py").write_text(text, encoding="utf-8")
    (root / "_toc.yml").write_text(FILES["_toc.yml"] + "    - file: notebooks/three\n")
    (root / "notebooks/three.py").write_text("# %%\n!ls\n")
    with pytest.raises(NotebookError) as caught:
        check(root)
    one, more, three, *two = str(caught.value).splitlines()
    must = "must have label, caption, alt, and no others but fold"
    assert one == f"{root}/notebooks/one.py: figure 'fig-one': lacks caption; {must}"
    assert more == (
        f"{root}/notebooks/one.py: figure options 'capt: A line': lacks label, caption, alt, "
        f"has the unknown capt; {must}"
    )
    assert three.startswith(f"{root}/notebooks/three.py:2: '!ls' is not Python")
    assert two == [line.replace("one", "two") for line in (one, more)]


def test_the_check_loads_no_library_of_notebooks():
    code = "import sys, ddlib.book.project as p; print([m for m in sys.modules if m in p_slow])"
    code = "p_slow = {'jupytext', 'nbformat', 'papermill', 'torch'}; " + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["_toc.yml", "notebooks/one.py", "ddlib/first.py"])
def test_a_file_dated_in_the_future_is_named(root, name):
    later = time.time() + 3600
    os.utime(root / name, (later, later))
    with pytest.raises(ValueError, match=f"{name}: is dated in the future, .*; must be touched"):
        check(root)


def test_a_read_only_checkout_is_told_before_anything_is_computed(root, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(FolderError) as caught:
        check(root)
    message = f"{root / '_build'}: cannot be written: {root} is read-only for this user"
    assert str(caught.value) == message


def test_a_home_that_cannot_be_written_is_told(root, monkeypatch):
    monkeypatch.setenv("HOME", "/dev/null")
    with pytest.raises(FolderError) as caught:
        check(root)
    message = "HOME = /dev/null: cannot be written: /dev/null is not a folder; must be another, as"
    assert str(caught.value).startswith(message)


def test_a_file_in_the_way_of_a_folder_is_named(root):
    with pytest.raises(FolderError, match=r"page.md is not a folder"):
        require_writable(root / "book" / "page.md" / "runs")
