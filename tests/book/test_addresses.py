"""Buttons, cards and a sitemap in a tiny book whose addresses are configured, and none without."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

from ddlib.book.site import build_site

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/someone/a-book"
SITE = "https://someone.github.io/a-book/"
LAUNCH = "https://mybinder.org/v2/gh/someone/a-book/main"


def pages(folder, repository, base):
    """Build a tiny book in the frame of the project's own, and return the folder of its pages."""
    source = folder / "source"
    for name in ("_ext", "_root", "_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, source / "book" / name)
    shutil.copy(ROOT / "book" / "references.bib", source / "book")
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["repository"]["url"], config["html"]["baseurl"] = repository, base
    (source / "_config.yml").write_text(yaml.safe_dump(config))
    chapters = [{"file": "notebooks/one"}]
    toc = {"format": "jb-book", "root": "book/page", "chapters": chapters}
    (source / "_toc.yml").write_text(yaml.safe_dump(toc))
    (source / "book" / "page.md").write_text("# A page\n\nProse.\n")
    chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One\n\nProse.")])
    chapter.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    (source / "notebooks").mkdir()
    nbformat.write(chapter, source / "notebooks" / "one.ipynb")
    build_site(source, folder)
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return pages(tmp_path_factory.mktemp("addressed"), REPOSITORY, SITE)


def links(page):
    soup = BeautifulSoup(page.read_text(), "html.parser")
    return [link["href"] for link in soup.select("a[href]")]


def test_buttons_lead_to_what_lies_in_the_repository(html):
    found = links(html / "notebooks" / "one.html")
    assert REPOSITORY in found
    assert f"{REPOSITORY}/edit/main/notebooks/one.py" in found
    assert [link for link in found if link.startswith(LAUNCH) and link.endswith("one.py")]
    assert f"{REPOSITORY}/edit/main/book/page.md" in links(html / "book" / "page.html")


def test_pages_have_cards_and_the_site_a_map(html):
    page = BeautifulSoup((html / "book" / "page.html").read_text(), "html.parser")
    assert page.find("meta", property="og:url")["content"] == f"{SITE}book/page.html"
    assert f"<loc>{SITE}notebooks/one.html</loc>" in (html / "sitemap.xml").read_text()


def test_the_footer_says_version_and_commit(html):
    import ddlib
    from ddlib.runs.provenance import environment

    footer = BeautifulSoup((html / "book" / "page.html").read_text(), "html.parser")
    text = footer.select_one(".bd-footer-content").get_text()
    assert f"Version {ddlib.__version__}" in text
    assert (environment()["commit"] or "")[:12] in text


def test_without_addresses_nothing_leads_outside(tmp_path):
    html = pages(tmp_path, "", "")
    for page in html.rglob("*.html"):
        text = page.read_text()
        assert "og:url" not in text
        assert not [link for link in links(page) if link.startswith("http")], page
    assert not (html / "sitemap.xml").exists()


def test_a_site_without_widgets_has_no_scripts_of_vega(html):
    assert not (html / "_static" / "explorers" / "vega.js").exists()


def test_devcontainer_and_binder_install_the_lock():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert "make env" in container["postCreateCommand"]
    lines = (ROOT / "binder" / "requirements.txt").read_text().split()
    assert lines[0] == "-r"
    assert (ROOT / "binder" / lines[1]).resolve() == ROOT / "requirements.txt"
    assert (ROOT / "binder" / "postBuild").stat().st_mode & 0o100
