"""The pages of the library: what is on them, and where their links lead."""

import re
import shutil
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from bs4 import BeautifulSoup

import ddlib
from ddlib.book.members import SPECIAL, entries, modules, parameters, read_library
from ddlib.book.reference import FRONT_DOOR, write_reference
from ddlib.book.site import build_site

ROOT = Path(__file__).parents[2]
SMALL = {
    "__init__.py": '''
        """A library."""

        from ddlib.room import Model, fit

        __all__ = ["Model", "fit"]
    ''',
    "room/__init__.py": '''
        """A room."""

        from ddlib.room.models import Model, fit
    ''',
    "room/models.py": '''
        r"""Models $\\theta<1$ of `fit`."""

        from typing import NamedTuple

        from ddlib.room.rows import Rows

        LIMIT = 3


        class Model(NamedTuple):
            """A model.

            Attributes:
                mean: $\\mu$.
            """

            mean: float

            def risk(self, rows: Rows, /, *, power: int = 2) -> float:
                """Return the risk of a `Model`.

                Returns:
                    A number: at least 0.
                """

            def _hidden(self): ...


        class Unfit(ValueError):
            """It does not fit."""


        def fit(rows: Rows | None, **options: "Model") -> Model:
            """Fit `rows`. More of it.

            Args:
                rows: `(n, d)`.
                **options: others.

            Raises:
                Unfit: for no rows, `len(rows) < 1`.
            """


        def _hidden(): ...
    ''',
    "room/rows.py": '''
        """Rows."""

        Rows = list[float]
        """Of one column."""
    ''',
    "alone.py": '"""In no room, see `ddlib.room.rows`."""',
}


def written(root, folder):
    write_reference(root, folder)
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of ddlib, by name."""
    return written(ROOT, tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def trees(pages):
    """The pages of ddlib as trees, to look at."""
    return {name: soup(page) for name, page in pages.items()}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The pages of a library of one room."""
    folder = tmp_path_factory.mktemp("small")
    for name, text in SMALL.items():
        path = folder / "ddlib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return written(folder, folder / "pages")


def is_args(section):
    return section.kind.value == "parameters"


def soup(page):
    return BeautifulSoup(page, "html.parser")


def entry(page, path):
    """Return the signature and the text of an entry."""
    signature = soup(page).find(id=path)
    signature.find(class_="headerlink").decompose()
    return " ".join(signature.get_text().split()), signature.find_next_sibling("dd")


def test_a_function_has_signature_fields_and_links(small):
    signature, text = entry(small["room"], "ddlib.room.models.fit")
    assert signature == "fit(rows: Rows | None, **options: Model) → Model"
    assert text.select_one(".importable").get_text() == "from ddlib import fit"
    assert [field.get_text() for field in text.select("dt")] == ["Args", "Raises"]
    items = [item.get_text() for item in text.select("li")]
    assert items == ["rows – (n, d).", "**options – others.", "Unfit – for no rows, len(rows) < 1."]
    assert [link["href"] for link in text.select("a")] == ["room.html#ddlib.room.models.Unfit"]


def test_a_class_has_its_fields_and_its_public_methods(small):
    signature, text = entry(small["room"], "ddlib.room.models.Model")
    assert signature == "class Model(mean: float)"
    assert text.select_one(".field-list .math").get_text() == r"\(\mu\)"
    signature, text = entry(small["room"], "ddlib.room.models.Model.risk")
    assert signature == "risk(rows: Rows, /, *, power: int = 2) → float"
    assert text.select_one("li").get_text() == "A number: at least 0."
    assert entry(small["room"], "ddlib.room.models.Unfit")[0] == "exception Unfit"
    assert entry(small["room"], "ddlib.room.rows.Rows")[0] == "Rows = list[float]"
    assert "hidden" not in small["room"]
    assert "LIMIT" not in small["room"]


def test_a_front_door_tells_the_first_sentence_of_each_name(small):
    lines = [
        "- {py:obj}`Model <ddlib.room.models.Model>`: A model.",
        "- {py:obj}`fit <ddlib.room.models.fit>`: Fit `rows`.",
    ]
    assert small[FRONT_DOOR].splitlines() == ["`from ddlib import …`:", "", *lines]
    assert "`from ddlib.room import …`:" in small["room"]


def test_what_is_in_no_room_has_a_page_and_links_to_rooms(small):
    assert set(small) == {FRONT_DOOR, "foundations", "room"}
    assert 'href="room.html#ddlib.room.rows"' in small["foundations"]


def test_mathematics_is_as_mathjax_finds_it(small):
    assert r'<span class="math inline">\(\theta&lt;1\)</span>' in small["room"]


def test_each_page_is_in_the_table_of_contents(pages):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    (library,) = [part["chapters"][0] for part in toc["parts"] if part["caption"] == "Library"]
    listed = {section["file"].removeprefix("library/") for section in library["sections"]}
    assert listed == set(pages) - {FRONT_DOOR}
    landing = (ROOT / "book" / "library.md").read_text(encoding="utf-8")
    assert listed == set(re.findall(r"\(\.\./library/(\w+)\.md\)", landing))


def test_the_front_door_of_ddlib_leads_to_an_entry_of_each_name(pages):
    names = [name for page in pages.values() for name in re.findall('data-names="(.+)"', page)]
    found = set(" ".join(names).split())
    assert {f"ddlib.{name}" for name in ddlib.__all__} <= found


def test_each_link_leads_to_an_anchor(trees):
    anchors = {name: {tag["id"] for tag in tree.select("[id]")} for name, tree in trees.items()}
    for tree in trees.values():
        for link in tree.select("a.internal"):
            page, anchor = link["href"].split(".html#")
            assert anchor in anchors[page]


def test_nothing_private_is_shown(trees):
    shown = [tag["id"] for tree in trees.values() for tag in tree.select("[id]")]
    parts = {part for path in shown for part in path.split(".")}
    assert {part for part in parts if part.startswith("_")} <= set(SPECIAL)


def test_each_argument_that_a_docstring_tells_of_is_one():
    for module in modules(read_library(ROOT)):
        for function in (*entries(module), *(m for e in entries(module) for m in entries(e))):
            if function.is_function and function.docstring:
                (*_, told) = [(), *(s.value for s in function.docstring.parsed if is_args(s))]
                names = {name.strip("*") for item in told for name in item.name.split(", ")}
                assert names <= {p.name for p in parameters(function)}, function.path


def test_roles_on_other_pages_find_entries_by_all_their_names(pages, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "book" / "_ext", source / "book" / "_ext")
    (source / "library").mkdir()
    (source / "library" / "problem.md").write_text(pages["problem"], encoding="utf-8")
    extensions = "sphinx: {local_extensions: {reference: book/_ext}}\n"
    (source / "_config.yml").write_text(f"only_build_toc_files: true\n{extensions}")
    toc = "format: jb-book\nroot: page\nchapters:\n- file: library/problem\n"
    (source / "_toc.yml").write_text(toc)
    names = ("ddlib.distill", "ddlib.problem.distill", "ddlib.problem.distillation.distill")
    roles = " ".join(f"{{py:func}}`{name}`" for name in names)
    roles += " {py:mod}`ddlib.problem.rows`"
    (source / "page.md").write_text(f"# Page\n\n{roles}\n")
    build_site(source, tmp_path)
    html = (tmp_path / "_build" / "html" / "page.html").read_text(encoding="utf-8")
    links = re.findall(r'href="library/problem.html#(\S+)"', html)
    assert links == [names[-1]] * 3 + ["ddlib.problem.rows"]
    page = (tmp_path / "_build" / "html" / "library" / "problem.html").read_text(encoding="utf-8")
    assert "mathjax" in page.lower()
