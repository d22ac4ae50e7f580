"""The printed book: two small pages through Chromium, joined, numbered, linked and offered."""

import re
from typing import Any

import pytest
from pypdf import PdfReader

from ddlib.book.pdf import NAME, _named, linked_places, make_pdf, read_chapters
from ddlib.book.printing import paper, print_page
from ddlib.runs.notebook import NotebookError
from tests.shared.chromium import chromium

TOC = """format: jb-book
root: book/introduction
parts:
  - caption: A part
    chapters:
      - file: notebooks/one
      - file: library/left_out
"""
PAGE = "<!doctype html><html lang='en'><body><article>{}</article></body></html>"
ROOT = """<h1>The book</h1><p>See <a href="../notebooks/one.html#far">far</a>,
<a href="../library/left_out.html">code</a> and <a href="https://arxiv.org/">a paper</a>.</p>
<!-- the printed book -->"""
ONE = """<h1>One</h1><details class="hide above-input"><pre>folded code</pre></details>
<details class="hide above-input"><summary>Show the table</summary>
<div class="cell_input">folded input</div><div class="cell_output">folded table</div></details>
<details><p>folded words</p></details><div style="break-before: page"><h2 id="far">Far</h2></div>
<table><tr>{}</tr></table>""".format("".join(f"<td>cell{k:02}</td>" for k in range(40)))
PAGES = {"book/introduction": ROOT, "notebooks/one": ONE, "library/left_out": "<h1>Code</h1>"}


def write_site(folder):
    (folder / "_toc.yml").write_text(TOC)
    for name, body in PAGES.items():
        path = folder / "html" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(body))
    return folder / "html"


@pytest.fixture
def site(tmp_path):
    return write_site(tmp_path)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """A site that was printed, and its PDF."""
    with chromium():  # skips where there is none
        pass
    site = write_site(tmp_path_factory.mktemp("printed"))
    assert NAME not in (site / "book" / "introduction.html").read_text()
    return site, make_pdf(site.parent, site)


def titles(outline, reader, depth=0):
    """Yield depth, title and page, from 1, of each bookmark."""
    for entry in outline:
        if isinstance(entry, list):
            yield from titles(entry, reader, depth + 1)
        else:
            yield depth, entry.title, reader.get_destination_page_number(entry) + 1


def test_the_book_is_printed_with_contents_bookmarks_numbers_and_links(printed):
    _, path = printed
    reader = PdfReader(path)
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) == 5  # cover, contents, the book, and two pages of its chapter
    assert "reproducible companion" in texts[0]
    assert [*titles(reader.outline, reader)] == [
        (0, "The book", 3),
        (0, "A part", 4),
        (1, "One", 4),
        (2, "Far", 5),
    ]
    for line in ("The book 3", "One 4", "Far 5"):
        assert line in " ".join(texts[1].split())
    assert [text.split()[-1] for text in texts[2:]] == ["3", "4", "5"]
    assert "folded words" in texts[3]
    assert "folded table" in texts[3]
    assert not re.search("folded code|folded input|Show the table", texts[3])
    assert all(f"cell{k:02}" in texts[4] for k in range(40))
    links = [annotation.get_object() for annotation in reader.pages[2]["/Annots"]]
    (address,) = [link["/A"]["/URI"] for link in links if "/A" in link]
    assert address == "https://arxiv.org/"
    assert [link["/Dest"][0].idnum for link in links if "/Dest" in link] == [
        reader.pages[4].indirect_reference.idnum
    ]


def test_the_pages_are_packed(printed):
    _, path = printed
    for page in PdfReader(path).pages:
        contents: Any = page["/Contents"].get_object()
        parts: list[Any] = [*contents] if isinstance(contents, list) else [contents]
        assert all("/Filter" in part.get_object() for part in parts)


CELLS = "".join(f"<td>a{k:02}cell</td>" for k in range(60))
WIDE = f"""<div class="cell_output"><figure><div class="scrolling-frame">
<table><tr>{CELLS}</tr></table></div></figure></div>
<p><a class="reference download internal" href="a.ipynb">Download</a></p>"""


def test_a_wide_table_fills_the_line_and_what_cannot_be_followed_is_left_out(tmp_path):
    with chromium():  # skips where there is none
        pass
    page = tmp_path / "wide.html"
    page.write_text(PAGE.format(WIDE))
    with paper() as tab:
        print_page(tab, page, tmp_path / "wide.pdf")
        table, frame = (tab.locator(name).bounding_box() for name in ("table", "figure"))
        assert table is not None
        assert frame is not None
        assert 0.9 * frame["width"] < table["width"] <= frame["width"]
        assert not tab.get_by_text("Download").is_visible()
    text = PdfReader(tmp_path / "wide.pdf").pages[0].extract_text()
    assert "a59cell" in text
    assert "Download" not in text


def test_the_landing_page_offers_the_book_once_it_is_printed(printed):
    site, path = printed
    page = (site / "book" / "introduction.html").read_text()
    assert page.count(f'href="../{NAME}"') == 1
    assert path == site / NAME
    assert path.is_file()


def test_a_book_that_is_not_built_is_refused(site):
    (site / "notebooks" / "one.html").unlink()
    with pytest.raises(NotebookError, match=r"lacks notebooks/one; must be built first"):
        make_pdf(site.parent, site)


def test_the_pages_are_those_of_the_contents_without_the_reference(site):
    found = [(one.name, one.part, one.depth) for one in read_chapters(site.parent)]
    assert found == [("book/introduction", None, 0), ("notebooks/one", "A part", 0)]


def test_places_that_other_pages_link_to_are_found(site):
    names = ["book/introduction", "notebooks/one"]
    assert linked_places(site, names) == {names[0]: set(), names[1]: {"far"}}


@pytest.mark.parametrize(
    ("bookmark", "heading"),
    [
        ("How to readHow to read", "How to read"),
        ("How long is agiven leaf?", "How long is a given leaf?"),
        ("A line out ofrange ofrange", "A line out of range"),
        ("Another", "Another"),
    ],
)
def test_a_bookmark_reads_as_its_heading(bookmark, heading):
    headings = ["How to", "How to read", "How long is a given leaf?", "A line out of range"]
    assert _named(bookmark, headings) == heading
