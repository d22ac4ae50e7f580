"""Every notebook source is clean, documented and runnable; prose is told from code."""

import ast
import re
from pathlib import Path

import jupytext
import nbformat
import pytest

from ddlib.book.figures import option_faults
from ddlib.book.imports import library_files
from ddlib.book.notebooks import read_source, weave
from ddlib.runs.notebook import NotebookError, code_digest
from tests.shared.notebooks import HEADER

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
LONG = 20  # lines from which a cell is folded on the page
WIDE = 120  # characters of a line of prose that can still be reviewed

SOURCE = (
    HEADER
    + """# %% [markdown]
# # A title

# %% tags=["parameters"]
n = 1  # a number

# %%
print(n)

# %% [markdown]
# The end.
"""
)

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, tag=None):
    code = [c for c in read_source(path).cells if c.cell_type == "code"]
    return [c for c in code if tag is None or tag in c.metadata.get("tags", [])]


def test_there_are_notebooks_and_no_stored_outputs():
    assert NOTEBOOKS
    assert not list((ROOT / "notebooks").glob("*.ipynb"))


@each_notebook
def test_kernelspec_names_the_language(path):
    kernelspec = jupytext.read(path).metadata.kernelspec
    assert (kernelspec.name, kernelspec.language) == ("python3", "python")


@each_notebook
def test_starts_with_its_title(path):
    assert read_source(path).cells[0].source.startswith("# ")


@each_notebook
def test_no_prose_stands_on_the_line_that_opens_a_cell(path):
    """Jupytext takes it for the cell's title, and pages leave it out."""
    assert not re.findall(r"^# %% \[markdown\] .*", path.read_text("utf-8"), re.MULTILINE)


@each_notebook
def test_first_code_cell_holds_commented_plain_parameters(path):
    (parameters,) = cells(path, "parameters")
    assert cells(path)[0].source == parameters.source
    for line in parameters.source.splitlines():
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.Assign), f"{line}: only defaults belong here"
        ast.literal_eval(statement.value)  # no derived values
        assert len(line.partition("  # ")[2]) > 10, f"{line}: say its meaning and unit"


@each_notebook
def test_parameters_are_checked_in_the_next_cell(path):
    assert "from_namespace(globals())" in cells(path)[1].source


@each_notebook
def test_installs_nothing_and_runs_no_shell(path):
    for cell in cells(path):
        assert not any(line.lstrip().startswith(("!", "%pip")) for line in cell.source.splitlines())


@each_notebook
def test_long_cells_are_folded(path):
    folded = {"hide-input", "hide-cell", "remove-cell", "remove-input"}
    for cell in cells(path):
        if not folded & set(cell.metadata.get("tags", [])):
            lines = cell.source.splitlines()
            assert len(lines) <= LONG, f"{lines[0]!r} and what follows: tag the cell hide-input"


@each_notebook
def test_lines_of_prose_can_be_reviewed(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    wide = [line for line in lines if len(line) > WIDE + len("# ")]
    # A table's row is one line, and a formula may have no blank to break it at.
    assert not [line for line in wide if not re.match(r"# (\|.*\|$|\\)", line)]


@each_notebook
def test_figures_are_shown_with_label_caption_and_alternative_text(path):
    assert not [fault for cell in cells(path) if (fault := figure_fault(cell))]


def figure_fault(cell):
    """Return what the author of a cell must mend in its figure; None for a sound one, or none."""
    lines, options = cell.source.rstrip().splitlines() or [""], cell.metadata.get("mystnb", {})
    options = options if "figure" in options else None  # else those of a table, or of a fold
    shown = "plt.show()" in cell.source
    if "remove-cell" in cell.metadata.get("tags", []) and not (options or shown):
        return None  # whatever it draws, nobody sees
    made = any(makes in cell.source for makes in ("plt.subplots(", "plt.figure(", " panels("))
    if not (made or shown or options):
        return None
    if not options:
        return f"{lines[0]!r}: the cell of a figure must start with `# | ` label, caption and alt"
    label, alt = options["figure"]["name"], options["image"]["alt"]
    if {"remove-cell", "remove-input"} & {*cell.metadata.get("tags", [])}:
        return f"label {label!r}: its line leads to no code; must be tagged hide-input"
    if lines[-1] != "plt.show()" and (made or not ends_with_an_image(cell.source)):
        return f"label {label!r}: no figure is shown; the cell must end with plt.show()"
    if len(alt) <= 40:
        return f"label {label!r}: alt = {alt!r}: must tell in more words what there is to see"
    return None


def ends_with_an_image(source):
    """Whether a cell ends with the call of a function: an animation is its value."""
    last = ast.parse(source).body[-1]
    return (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and isinstance(last.value.func, ast.Name)
    )


ALT = "A line that rises from the left to the right, and is steep."
OPTIONS = f"# | label: fig-a\n# | caption: A line\n# | alt: {ALT}\n"
FIGURE = "fig, axes = plt.subplots()\naxes.plot(n)\n"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("", None),
        ("print(n)\n", None),
        (OPTIONS + FIGURE + "plt.show()\n", None),
        (OPTIONS + 'at_work("BPTT")\n', None),
        (FIGURE + "plt.show()\n", "label, caption and alt"),
        (FIGURE, "label, caption and alt"),
        (FIGURE.replace("subplots", "figure"), "label, caption and alt"),
        (FIGURE.replace("plt.subplots", "panels"), "label, caption and alt"),
        ("plt.plot(n)\nplt.show()\n", "label, caption and alt"),
        (OPTIONS + FIGURE, "label 'fig-a': no figure is shown; the cell must end with plt.show()"),
        (OPTIONS + "plt.plot(n)\n", "label 'fig-a': no figure is shown"),
        (OPTIONS + FIGURE + "plt.show()\nn\n", "label 'fig-a': no figure is shown"),
        (OPTIONS.replace(ALT, "A line") + FIGURE + "plt.show()\n", "label 'fig-a': alt = 'A line'"),
    ],
)
def test_the_fault_of_a_figure_is_told_to_its_author(tmp_path, cell, message):
    fault = figure_fault(cells(write(tmp_path, SOURCE.replace("print(n)\n", cell)))[1])
    assert fault is None if message is None else message in fault


@pytest.mark.parametrize(
    ("cell", "sound"), [(FIGURE, True), (FIGURE + "plt.show()\n", False), (OPTIONS + FIGURE, False)]
)
def test_a_removed_cell_may_draw_what_nobody_sees(tmp_path, cell, sound):
    text = SOURCE.replace("# %%\nprint(n)\n", f'# %% tags=["remove-cell"]\n{cell}')
    assert (figure_fault(cells(write(tmp_path, text))[1]) is None) == sound


def test_the_code_of_a_figure_stays_on_the_page(tmp_path):
    cell = f'# %% tags=["remove-input"]\n{OPTIONS}{FIGURE}plt.show()\n'
    fault = figure_fault(cells(write(tmp_path, SOURCE.replace("# %%\nprint(n)\n", cell)))[1])
    assert fault == "label 'fig-a': its line leads to no code; must be tagged hide-input"


def write(folder, text):
    path = folder / "x.py"
    path.write_text(text)
    return path


def test_the_digest_ignores_prose_and_captions_but_no_code(tmp_path):
    digest = code_digest(write(tmp_path, SOURCE))
    prose = SOURCE.replace("The end.", "The very end.").replace("A title", "Another")
    assert code_digest(write(tmp_path, prose)) == digest
    captioned = SOURCE.replace("# %%\nprint", "# %%\n# | label: f\n# | alt: >-\n# |   A\nprint")
    assert code_digest(write(tmp_path, captioned)) == digest
    for code in ("print(n + 1)", "print(n)  # why"):
        assert code_digest(write(tmp_path, SOURCE.replace("print(n)", code))) != digest


def test_options_become_the_metadata_of_a_figure(tmp_path):
    options = (
        "# | label: fig-a\n# | caption: >-\n# |   A line, $x:$\n# |   and more.\n# | alt: A line\n"
    )
    path = write(tmp_path, SOURCE.replace("# %%\nprint", f"# %%\n{options}print"))
    _, cell = [cell for cell in read_source(path).cells if cell.cell_type == "code"]
    assert cell.source == "print(n)"
    figure = {"name": "fig-a", "caption": "A line, $x:$ and more."}
    assert cell.metadata == {"mystnb": {"figure": figure, "image": {"alt": "A line"}}}


def test_options_become_the_caption_of_a_table_and_the_name_of_a_fold(tmp_path):
    options = "# | label: tab-a\n# | caption: The $F$\n# | fold: compute\n"
    path = write(tmp_path, SOURCE.replace("# %%\nprint", f"# %%\n{options}print"))
    (cell,) = [cell for cell in read_source(path).cells if "mystnb" in cell.metadata]
    assert cell.source == "print(n)"
    assert cell.metadata["mystnb"] == {
        "code_prompt_show": "Show code: compute",
        "code_prompt_hide": "Hide code: compute",
        "table": {"name": "tab-a", "caption": "The $F$"},
    }
    assert option_faults(path) == []
    page = weave(path, executed(path, tmp_path / "x.ipynb"))
    above = page.cells[[c.source for c in page.cells].index("print(n)") - 1]
    assert above.source == "````{captioned-table}\n:name: tab-a\n\nThe $F$\n````"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("print(n)", "compute"),
        ("p = Parameters.from_namespace(globals())", "check the parameters"),
        ("# | label: tab-a\n# | caption: b\nf(n)", "make the table"),
        ("# | label: a\n# | caption: b\n# | alt: c\nf(n)", "draw the figure"),
        (
            "# | label: a\n# | caption: b\n# | alt: c\n# | fold: move the rows\nf(n)",
            "move the rows",
        ),
    ],
)
def test_a_fold_is_named_by_what_it_holds(tmp_path, cell, name):
    text = SOURCE.replace("# %%\nprint(n)", f'# %% tags=["hide-input"]\n{cell}')
    folded = cells(write(tmp_path, text), "hide-input")[0].metadata["mystnb"]
    assert folded["code_prompt_show"] == f"Show code: {name}"
    assert folded["code_prompt_hide"] == f"Hide code: {name}"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ("# | label: tab-a\n# | caption: b\n# | fold: the table of leads\n", "the table of leads"),
        ("", "the output and its code"),
    ],
)
def test_the_fold_of_a_whole_cell_is_not_named_as_code(tmp_path, options, name):
    text = SOURCE.replace("# %%\nprint", f'# %% tags=["hide-cell"]\n{options}print')
    folded = cells(write(tmp_path, text), "hide-cell")[0].metadata["mystnb"]
    assert folded["code_prompt_show"] == f"Show {name}"
    assert folded["code_prompt_hide"] == f"Hide {name}"


MUST = "must have label, caption, alt, and no others but fold"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("label: a", f"figure 'a': lacks caption, alt; {MUST}"),
        ("label: a\ncaption: b\nalt:", f"figure 'a': lacks alt; {MUST}"),
        ("label: a\ncaption: ''\nalt: c", f"figure 'a': lacks caption; {MUST}"),
        ("caption: b\nalt: c", f"figure options 'caption: b': lacks label; {MUST}"),
        ("label: a\ncaption: b\nalt: c\nn: d", f"figure 'a': has the unknown n; {MUST}"),
        (
            "label: a\nname: b\n7: c",
            f"figure 'a': lacks caption, alt, has the unknown name, 7; {MUST}",
        ),
        ("label: a\ncaption: 3\nalt: c", f"figure 'a': has no text as caption; {MUST}"),
        ("label: tab-a\nalt: b", "table 'tab-a': lacks caption, has the unknown alt; must have "),
        ("fold: 3", "figure options 'fold: 3': has no text as fold; must have fold, and no others"),
        ("label", f"figure options 'label': is no mapping; {MUST}"),
        (
            "label: a: b",
            "figure options 'label: a: b': is not YAML: mapping values are not allowed here; "
            f"{MUST}, a text with a colon in quotes or below `>-`",
        ),
        ("label: 2024-13-45", "figure options 'label: 2024-13-45': is not YAML: month must be"),
    ],
)
def test_options_that_no_figure_has_are_refused(tmp_path, options, message):
    head = "".join(f"# | {line}\n" for line in options.splitlines())
    path = write(tmp_path, SOURCE.replace("# %%\nprint", f"# %%\n{head}print"))
    with pytest.raises(NotebookError) as caught:
        read_source(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert option_faults(path) == [str(caught.value)]


def test_library_files_follow_imports(tmp_path):
    package = tmp_path / "ddlib"
    (package / "sub").mkdir(parents=True)
    for name in ("__init__", "sub/__init__", "sub/deep", "used", "unused"):
        (package / f"{name}.py").write_text("")
    (package / "used.py").write_text("def f():\n    from ddlib.sub import deep\n")
    script = write(tmp_path, "import json\nfrom ddlib.used import f\n")
    names = ["__init__", "sub/__init__", "sub/deep", "used"]
    assert library_files(script, tmp_path) == [f"ddlib/{name}.py" for name in names]


def executed(source, path, injected=False):
    notebook = read_source(source)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text=f"ran {cell.source}")]
            cell.execution_count = 1
    if injected:
        cell = nbformat.v4.new_code_cell("n = 5", metadata={"tags": ["injected-parameters"]})
        notebook.cells.insert(2, cell)
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize("injected", [False, True])
def test_weave_puts_new_prose_around_old_outputs(tmp_path, injected):
    source = write(tmp_path, SOURCE)
    done = executed(source, tmp_path / "x.ipynb", injected)
    write(tmp_path, SOURCE.replace("The end.", "The very end."))
    page = weave(source, done)
    assert page.cells[-2].source == "The very end."
    assert "{download}" in page.cells[-1].source
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code][1:-1] == (["n = 5"] if injected else [])
    assert code[-1].outputs[0].text == "ran print(n)"


@pytest.mark.parametrize("kind", ["fig", "tab"])
def test_captions_have_their_numbers(tmp_path, kind):
    options = f"# | label: {kind}-a\n# | caption: Of {{glue:text}}`many:.1f` rows.\n"
    options += "# | alt: A line\n" * (kind == "fig")
    source = write(tmp_path, SOURCE.replace("# %%\nprint", f"# %%\n{options}print"))
    done = nbformat.read(executed(source, tmp_path / "x.ipynb"), as_version=4)
    record = {"application/papermill.record/text/plain": "2.25"}
    output = nbformat.v4.new_output(
        "display_data", record, metadata={"scrapbook": {"name": "many"}}
    )
    done.cells[1].outputs.append(output)
    nbformat.write(done, tmp_path / "x.ipynb")
    page = weave(source, tmp_path / "x.ipynb")
    (shown,) = [cell.metadata["mystnb"] for cell in page.cells if "mystnb" in cell.metadata]
    (caption,) = [one["caption"] for one in shown.values() if "caption" in one]
    assert caption == "Of 2.2 rows."
    assert kind == "fig" or any("Of 2.2 rows." in cell.source for cell in page.cells)


@pytest.mark.parametrize("injected", [False, True])
def test_parameters_and_their_check_are_one_fold_of_the_page(tmp_path, injected):
    check = "print(n)\np = Parameters.from_namespace(globals())"
    folded = f'# %% tags=["hide-input"]\n{check}\n\n# %%\nprint(n)'
    source = write(tmp_path, SOURCE.replace("# %%\nprint(n)", folded))
    page = weave(source, executed(source, tmp_path / "x.ipynb", injected))
    first, last = [cell for cell in page.cells if cell.cell_type == "code"]
    given = ["n = 5"] if injected else []
    parameters = cells(source, "parameters")[0].source
    assert first.source == "\n\n".join([parameters, *given, check])
    assert first.metadata["tags"] == ["parameters", "hide-input"]
    assert first.metadata["mystnb"]["code_prompt_show"] == "Show code: parameters"
    assert f"ran {check}" in [output.text for output in first.outputs]
    assert last.source == "print(n)"


def test_weave_refuses_outputs_of_other_code(tmp_path):
    source = write(tmp_path, SOURCE)
    done = executed(source, tmp_path / "x.ipynb")
    write(tmp_path, SOURCE.replace("print(n)", "print(n + 1)"))
    with pytest.raises(ValueError, match="was executed from other code"):
        weave(source, done)
