"""A chapter as a notebook of its own, clean or executed: its prose reads without Sphinx."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from ddlib.book.notebooks import read_source
from ddlib.book.report import filled, glued

INSTALL = (
    "*A chapter of the book* Dataset Distillation from First Principles. *To run it, make the "
    "environment in a clone of the book's repository with* `make env`*, and open it with* "
    "`make lab`."
)
ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<content>[^`]+)`")
FENCE = re.compile(r"^(?P<fence>`{3,})\{(?P<kind>[a-z:-]+)\}[ \t]*(?P<title>.*)$")
TITLED = re.compile(r"^(.*?) *<[^<>]+>$", re.DOTALL)
KINDS = ("figure", "table")
# A place of the book, which a notebook of its own does not have: `[words](#place)`, or a page.
PLACE = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\((?:#[a-z0-9-]+|[^():\s]+\.(?:ipynb|md)[^()\s]*)\)"
)
NAMED_BY_KIND = ("prf:", "exercise")  # kinds of a directive that stand before its title
END = "solution-end"


def download(source: Path, executed: Path, bibliography: Path, config: Path) -> NotebookNode:
    """Return a chapter's notebook without outputs, in plain Markdown.

    Numbers are those of the execution. Figures and tables are counted in the chapter, and say
    above their code what they show. Macros of formulas are written out: a notebook has none.

    Args:
        source: a py:percent file.
        executed: the .ipynb with the numbers that its cells glue.
        bibliography: the BibTeX file of what is cited.
        config: the book's `_config.yml`, with the macros.

    Raises:
        NotebookError: for a file that cannot be read.
        KeyError: for a source that is not in the bibliography.
        ValueError: for a number that is not glued.
    """
    notebook = read_source(source)
    _read_plainly(notebook, glued(nbformat.read(executed, as_version=4)), bibliography, config)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(INSTALL))
    return notebook


def result(executed: Path, bibliography: Path, config: Path) -> NotebookNode:
    """Return an executed notebook whose prose has the numbers of its own run, in plain Markdown.

    Code, outputs and metadata stay, so that a sweep can still collect what the cells glue.

    Args:
        executed: the .ipynb that a run left.
        bibliography: as in `download`.
        config: as there.

    Raises:
        KeyError: as there.
        ValueError: as there.
    """
    notebook = nbformat.read(executed, as_version=4)
    _read_plainly(notebook, glued(notebook), bibliography, config)
    given = notebook.metadata.get("papermill", {}).get("parameters", {})
    values = ", ".join(f"`{name} = {value!r}`" for name, value in given.items())
    ran_with = f"with {values}" if values else "with the chapter's own parameters"
    said = f"*The result of a run* {ran_with}*; each number in the text is of this run.*"
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(said))
    return notebook


def _read_plainly(
    notebook: NotebookNode, values: Mapping[str, Any], bibliography: Path, config: Path
) -> None:
    """Change a notebook's prose into plain Markdown, with these values in place of their names."""
    places = _number_shown(notebook, values)
    words = _roles(_authors(bibliography.read_text(encoding="utf-8")), places)
    macros = _macros(config)

    def plain(match: re.Match[str]) -> str:
        say = words.get(match["role"], _title_of)
        return say(match["content"])

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = PLACE.sub(r"\1", ROLE.sub(plain, filled(cell.source, values)))
            cell.source = _written_out(_without_fences(text), macros)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]


def _macros(config: Path) -> dict[str, str]:
    """Return macro -> what it stands for; none has arguments."""
    book = yaml.safe_load(config.read_text(encoding="utf-8"))
    return book["sphinx"]["config"]["mathjax3_config"]["tex"]["macros"]


def _written_out(text: str, macros: Mapping[str, str]) -> str:
    """Return text in which formulas have what their macros stand for."""

    def meant(match: re.Match[str]) -> str:
        stands_for = macros[match["name"]]
        # In braces it is one argument, as the macro was; an operator keeps its spacing without.
        return stands_for if stands_for.startswith("\\operatorname") else f"{{{stands_for}}}"

    names = "|".join(sorted(macros, key=len, reverse=True))
    return re.sub(rf"\\(?P<name>{names})(?![A-Za-z])", meant, text)


def _number_shown(notebook: NotebookNode, values: Mapping[str, Any]) -> dict[str, str]:
    """Return label -> "Figure 2" of what cells show, and say so above their code."""
    places: dict[str, str] = {}
    counts = dict.fromkeys(KINDS, 0)
    for cell in notebook.cells:
        for kind in KINDS:
            if shown := cell.metadata.get("mystnb", {}).get(kind):
                counts[kind] += 1
                place = places[shown["name"]] = f"{kind.capitalize()} {counts[kind]}"
                caption = f"{place}: {filled(shown['caption'], values)}"
                comment = textwrap.fill(caption, 100, initial_indent="# ", subsequent_indent="# ")
                cell.source = f"{comment}\n{cell.source}"
    return places


def _roles(
    authors: Mapping[str, tuple[str, str]], places: Mapping[str, str]
) -> dict[str, Callable[[str], str]]:
    """Return what each role of MyST reads as, of its content; the others read as their title."""

    def cited(content: str) -> str:
        keys = [key.strip() for key in content.split(",")]
        return "(" + "; ".join(" ".join(authors[key]) for key in keys) + ")"

    def cited_in_text(content: str) -> str:
        author, year = authors[content.strip()]
        return f"{author} ({year})"

    return {
        "cite:p": cited,
        "cite:t": cited_in_text,
        "numref": lambda label: places.get(label) or _elsewhere(label),
        "eq": lambda label: f"({label})",
        "prf:ref": lambda label: f"({label})",
        "math": lambda formula: f"${formula}$",
        "py:obj": lambda content: f"`{_title_of(content)}`",
        "py:mod": lambda content: f"`{_title_of(content)}`",
    }


def _elsewhere(label: str) -> str:
    """Return what a figure or a table is called that another chapter shows."""
    return f"a {'table' if label.startswith('tab-') else 'figure'} of another chapter"


def _title_of(content: str) -> str:
    """Return the words of a link, `words <target>`, or the last name of a path with a tilde."""
    if titled := TITLED.match(content):
        return titled[1]
    return content.rpartition(".")[2] if content.startswith("~") else content


def _authors(bibtex: str) -> dict[str, tuple[str, str]]:
    """Return key -> family names of the authors, as they are cited, and the year."""
    found = {}
    for entry in re.split(r"^@", bibtex, flags=re.MULTILINE)[1:]:
        key = entry.partition("{")[2].partition(",")[0].strip()
        fields = dict(re.findall(r"^\s*(author|year)\s*=\s*\{(.*)\}", entry, re.MULTILINE))
        names = [name.partition(",")[0].strip(" {}") for name in fields["author"].split(" and ")]
        who = names[0] if len(names) == 1 else " and ".join(names)
        found[key] = (f"{names[0]} et al." if len(names) > 2 else who, fields["year"])
    return found


def _heading(kind: str, title: str) -> str:
    """Return what stands above the content of a directive."""
    name = kind.rpartition(":")[2].removesuffix("-start").capitalize()
    if name == "Solution" or not title:  # whose title is the label of its exercise
        return name
    return f"{name}: {title}" if kind.startswith(NAMED_BY_KIND) else title


def _without_fences(text: str) -> str:
    """Return text in which the directives of MyST are quotations below their titles."""
    shown: list[str] = []
    open_fences: list[str] = []
    kind = ""
    for line in text.splitlines():
        if opened := FENCE.match(line):
            open_fences.append(opened["fence"])
            kind = opened["kind"]
            if kind != END:
                shown += [f"**{_heading(kind, opened['title'])}**", ""]
        elif open_fences and line.strip() == open_fences[-1]:
            open_fences.pop()
        elif open_fences and re.match(r":[a-z-]+:", line):
            label = re.match(r":label: *(\S+)", line)
            if label and kind.startswith("prf:"):  # which the text refers to
                shown[-2] += f" ({label[1]})"
        else:
            shown.append(line)
    return "\n".join(shown)
