"""The whole book as one PDF: its pages printed by Chromium, joined, numbered and linked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urldefrag, urlparse

import yaml
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NullObject

from ddlib.book.front_matter import LINKS, contents_html, footers_html
from ddlib.book.printing import paper, print_html, print_page
from ddlib.book.project import TOC
from ddlib.runs.notebook import NotebookError

NAME = "dataset-distillation.pdf"
TITLE = "Dataset Distillation from First Principles: a reproducible companion"
REFERENCE = "library/"
OFFER = Path("book", "introduction.html")  # the page that offers the PDF once it is there
GAP = "<!-- the printed book -->"
OFFERED = f'<p class="printed">The whole book as <a href="../{NAME}">one PDF</a>.</p>'
LINK = re.compile(r'href="([^"#]*)#([^"]+)"')


@dataclass
class Chapter:
    """A page of the book on paper.

    Attributes:
        name: of its file in the table of contents.
        part: caption of the part that it begins, or None.
        depth: 0 for a chapter, 1 for a section of one.
        title: its heading.
        sections: headings below, each with its page in the chapter, from 0.
        pages: how many it has.
        first: its first page in the book, from 0.
        places: where the page and the height are that its anchors have, in points.
    """

    name: str
    part: str | None
    depth: int
    title: str = ""
    sections: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    pages: int = 0
    first: int = 0
    places: dict[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])


def make_pdf(root: Path, site: Path) -> Path:
    """Print the built book, and offer it on its landing page.

    Args:
        root: folder of `_toc.yml`.
        site: folder of the built pages, into which the PDF goes.

    Returns:
        The PDF.

    Raises:
        NotebookError: for a page that is not built, and where there is no browser.
    """
    chapters = read_chapters(root)
    missing = [one.name for one in chapters if not (site / f"{one.name}.html").is_file()]
    if missing:
        raise NotebookError(f"{site}: lacks {', '.join(missing)}; must be built first, `make book`")
    with TemporaryDirectory() as folder:
        _print(chapters, site, Path(folder))
        writer = _join(chapters, site, Path(folder))
        unfinished = site / f".{NAME}"
        writer.write(unfinished)
    unfinished.replace(site / NAME)
    offer(site)
    return site / NAME


def offer(site: Path) -> None:
    """Put the line that links to the PDF in its place on the landing page.

    Args:
        site: folder of the built pages.
    """
    page = site / OFFER
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(GAP, OFFERED), encoding="utf-8")


def read_chapters(root: Path) -> list[Chapter]:
    """Return the pages of the book in their order, without the reference of the library.

    That would be three quarters of the paper, and is looked up, not read.

    Args:
        root: folder of `_toc.yml`.
    """
    toc = yaml.safe_load((root / TOC).read_text(encoding="utf-8"))
    found = [Chapter(toc["root"], None, 0)]
    for part in toc["parts"]:
        files = [one for one in _files(part["chapters"], 0) if not one[0].startswith(REFERENCE)]
        found += [
            Chapter(name, None if k else part["caption"], depth)
            for k, (name, depth) in enumerate(files)
        ]
    return found


def _files(tree: list[dict[str, Any]], depth: int) -> Iterator[tuple[str, int]]:
    """Yield files of a table of contents, each with its depth."""
    for entry in tree:
        yield entry["file"], depth
        yield from _files(entry.get("sections", []), depth + 1)


def linked_places(site: Path, names: Sequence[str]) -> dict[str, set[str]]:
    """Return the anchors of each page that other pages of the book link to.

    Args:
        site: folder of the built pages.
        names: of the pages, without `.html`.
    """
    places: dict[str, set[str]] = {name: set() for name in names}
    for name in names:
        page = site / f"{name}.html"
        for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
            if not target or urlparse(target).scheme:
                continue
            there = (page.parent / unquote(target)).resolve()
            if there.is_relative_to(site.resolve()):
                known = str(there.relative_to(site.resolve()).with_suffix(""))
                places.get(known, set()).add(unquote(anchor))
    return places


def _print(chapters: list[Chapter], site: Path, folder: Path) -> None:
    """Print all pages, the contents and the footers, and note where everything is."""
    places = linked_places(site, [one.name for one in chapters])
    with paper() as tab:
        for k, one in enumerate(chapters):
            output = folder / f"{k}.pdf"
            page, anchors = site / f"{one.name}.html", sorted(places[one.name])
            headings = print_page(tab, page, output, anchors=anchors)
            _note(one, PdfReader(output), headings)
        first = 0  # the pages of the contents are not known before they are printed
        for _ in range(2):
            for one in chapters:
                one.first, first = first, first + one.pages
            print_html(tab, contents_html(chapters), folder / "contents.pdf")
            first = len(PdfReader(folder / "contents.pdf").pages)
        titles = [one.title for one in chapters for _ in range(one.pages)]
        html = footers_html(titles, first)
        print_html(tab, html, folder / "footers.pdf", margin={}, scale=1, print_background=False)


def _note(chapter: Chapter, reader: PdfReader, headings: Sequence[str]) -> None:
    """Note the title, the headings and the places of a printed page."""
    chapter.pages = len(reader.pages)
    page_of = reader.get_destination_page_number
    entries: list[Any] = list(reader.outline)
    titles = (_named(str(e.title), headings) for e in entries if not isinstance(e, list))
    chapter.title = next(titles, chapter.name)
    below: list[Any] = next((e for e in entries if isinstance(e, list)), [])
    chapter.sections = [
        (_named(str(e.title), headings), page_of(e) or 0) for e in below if not isinstance(e, list)
    ]
    for name, place in reader.named_destinations.items():
        chapter.places[name.lstrip("/")] = (page_of(place) or 0, float(place.top or 0))


def _named(title: str, headings: Sequence[str]) -> str:
    """Return the heading of a bookmark, in which Chromium drops blanks and repeats words."""
    key = "".join(title.split())
    fits = [one for one in headings if key.startswith("".join(one.split()))]
    return max(fits, key=len, default=title)


def _join(chapters: list[Chapter], site: Path, folder: Path) -> PdfWriter:
    """Return the book: contents and pages, with footers, links and bookmarks."""
    writer = PdfWriter()
    writer.append(folder / "contents.pdf", import_outline=False)
    front = len(writer.pages)
    footers = PdfReader(folder / "footers.pdf").pages
    for k, one in enumerate(chapters):
        reader = PdfReader(folder / f"{k}.pdf")
        for number, page in enumerate(reader.pages):
            writer.add_page(page).merge_page(footers[one.first - front + number])
    for number, page in enumerate(writer.pages):
        own = next((one for one in reversed(chapters) if one.first <= number), None)
        links: list[Any] = list(page.get("/Annots") or [])
        kept = [a for a in links if _mend(a.get_object(), own, chapters, site, writer)]
        page[NameObject("/Annots")] = ArrayObject(kept)
    _bookmark(writer, chapters)
    for page in writer.pages:
        page.compress_content_streams()  # to merge a footer has unpacked them
    writer.compress_identical_objects()
    writer.add_metadata({"/Title": TITLE})
    writer.page_mode = "/UseOutlines"
    return writer


def _mend(
    link: DictionaryObject,
    own: Chapter | None,
    chapters: list[Chapter],
    site: Path,
    writer: PdfWriter,
) -> bool:
    """Let a link into the book lead to its place on paper; say whether a link stays at all."""
    if "/Dest" in link:
        target, anchor = own, str(link["/Dest"]).lstrip("/")
    else:
        action = link.get("/A", DictionaryObject()).get_object()
        address, anchor = urldefrag(str(action.get("/URI", "")))
        if address.startswith(LINKS):
            _lead(link, writer.pages[int(address.removeprefix(LINKS))])
            return True
        base = f"{site.resolve().as_uri()}/"
        name = unquote(address.removeprefix(base)).removesuffix(".html")
        target = next((one for one in chapters if address != name and one.name == name), None)
        if target is None:
            return not address.startswith("file:")  # what is not printed
    if target is not None:
        page, top = target.places.get(unquote(anchor), (0, None))
        _lead(link, writer.pages[target.first + page], top)
    return True


def _lead(link: DictionaryObject, place: PageObject, top: float | None = None) -> None:
    """Let a link lead to a page, at a height in points."""
    height = NullObject() if top is None else FloatObject(top)
    link.pop("/A", None)
    where = [place.indirect_reference, NameObject("/XYZ"), NullObject(), height, NullObject()]
    link[NameObject("/Dest")] = ArrayObject(where)


def _bookmark(writer: PdfWriter, chapters: list[Chapter]) -> None:
    """Add a bookmark for each part, page and heading."""
    above: list[Any] = [None, None]
    for one in chapters:
        if one.part:
            above[0] = writer.add_outline_item(title=one.part, page_number=one.first, bold=True)
        parent = above[1] if one.depth else above[0]
        entry = writer.add_outline_item(title=one.title, page_number=one.first, parent=parent)
        if not one.depth:
            above[1] = entry
        for heading, page in one.sections:
            place = one.first + page
            writer.add_outline_item(title=heading, page_number=place, parent=entry)
