"""Verdict words are found in whatever way a cell says them, and compared cell by cell."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ddlib.book.__main__ import main
from ddlib.book.verdicts import compare_builds, verdicts


def shown(text):
    return new_output("execute_result", {"text/plain": text})


def in_markdown(text):
    return new_output("display_data", {"text/markdown": text})


def printed(text):
    return new_output("stream", text=text)


def glued(text):
    return new_output("display_data", {"application/papermill.record/text/plain": text})


def write(folder, name, *outputs):
    folder.mkdir(exist_ok=True)
    cells = [new_markdown_cell("It is higher."), *(new_code_cell(outputs=[o]) for o in outputs)]
    nbformat.write(new_notebook(cells=cells), folder / name)


@pytest.mark.parametrize("say", [shown, in_markdown, printed, glued])
def test_words_are_found_in_order_wherever_a_cell_says_them(say):
    text = "a  higher (3)\nb  not told apart (0)\nc  lower\nhighest\nd **holds in part**"
    cell = new_code_cell(outputs=[say(text)])
    notebook = new_notebook(cells=[new_markdown_cell("lower"), cell, new_code_cell()])
    assert verdicts(notebook) == {1: ["higher", "not told apart", "lower", "holds in part"]}


def test_equal_builds_agree(tmp_path):
    for build in ("a", "b"):
        write(tmp_path / build, "x.ipynb", shown("higher lower"), printed("3.1"))
    compared = compare_builds(tmp_path / "a", tmp_path / "b")
    assert (compared.words, compared.differences) == (2, ())


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ("higher lower lower", "x.ipynb, cell 1: 1 of 3 words differ: not told apart → lower"),
        ("higher", "x.ipynb, cell 1: 3 words in one, 1 in the other"),
        ("", "x.ipynb, cell 1: 3 words in one, 0 in the other"),
    ],
)
def test_a_word_that_changed_is_told_with_its_cell(tmp_path, other, line):
    write(tmp_path / "a", "x.ipynb", shown("higher not told apart lower"))
    write(tmp_path / "b", "x.ipynb", shown(other))
    assert compare_builds(tmp_path / "a", tmp_path / "b").differences == (line,)


def test_other_chapters_and_no_verdicts_are_refused(tmp_path):
    write(tmp_path / "a", "x.ipynb", printed("5"))
    write(tmp_path / "b", "y.ipynb", printed("higher"))
    with pytest.raises(ValueError, match=r"in one only: x\.ipynb, y\.ipynb"):
        compare_builds(tmp_path / "a", tmp_path / "b")
    with pytest.raises(ValueError, match="holds no verdict"):
        compare_builds(tmp_path / "a", tmp_path / "a")


def test_the_command_says_how_many_words_it_compared_and_fails_where_one_changed(
    tmp_path, monkeypatch, capsys
):
    def run(second):
        arguments = ["ddlib.book", "verdicts", str(tmp_path / "a"), str(tmp_path / second)]
        monkeypatch.setattr("sys.argv", arguments)
        return main(), *capsys.readouterr()

    write(tmp_path / "a", "x.ipynb", shown("higher lower"))
    write(tmp_path / "b", "x.ipynb", shown("higher higher"))
    assert run("a") == (0, "2 verdict words, 0 cells differ\n", "")
    line = "x.ipynb, cell 1: 1 of 2 words differ: lower → higher"
    assert run("b") == (1, "", f"{line}\n2 verdict words, 1 cells differ\n")
