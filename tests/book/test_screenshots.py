"""Stored screenshots of a small site: stored, compared, and what differs is named and drawn."""

import json
import shutil

import pytest
from PIL import Image

from ddlib.book import screenshots
from ddlib.book.__main__ import main
from ddlib.book.screenshots import MACHINE, compare, page_names, store
from ddlib.runs.notebook import NotebookError
from tests.shared.chromium import chromium

PAGE = """<!doctype html><html lang="en"><head><style>
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee; }} }}
.mark {{ animation: turn 2s infinite; width: 90px; height: 90px; background: green; }}
@keyframes turn {{ to {{ transform: translateX(200px); }} }}
</style></head><body><h1>{0}</h1><p>{1}</p><div class="mark"></div>
<div class="extra_footer">{2}</div></body></html>"""
SETTINGS = ("1280-light", "1280-dark", "390-light", "390-dark")
WORDS = "A few words that are long enough for a line of a page, and for a second one. " * 4


def write_site(folder, words=WORDS, edition="Version 1"):
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    (folder / "_static").mkdir(exist_ok=True)
    (folder / "one.html").write_text(PAGE.format("One", WORDS, edition))
    (folder / "notebooks" / "two.html").write_text(PAGE.format("Two", words, edition))
    (folder / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=one.html" />')
    (folder / "_static" / "macros.html").write_text("{% macro %}")
    return folder


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A site and its stored screenshots."""
    with chromium():  # skips where there is none
        pass
    folder = tmp_path_factory.mktemp("stored")
    total = store(write_site(folder / "site"), folder / "shots")
    assert total == sum(f.stat().st_size for f in (folder / "shots").rglob("*.*"))
    return folder


@pytest.fixture
def folder(stored, tmp_path):
    """A copy of both, to change."""
    shutil.copytree(stored, tmp_path / "copy")
    return tmp_path / "copy"


def lines(folder, **options):
    return [*compare(folder / "site", folder / "shots", folder / "drawn", **options)]


def test_pages_are_stored_in_four_settings_with_what_drew_them(stored):
    found = {str(f.relative_to(stored / "shots")) for f in (stored / "shots").rglob("*.webp")}
    assert found == {f"{s}/{page}.webp" for s in SETTINGS for page in ("one", "notebooks/two")}
    assert {*json.loads((stored / "shots" / MACHINE).read_text())} == {"browser", "fonts"}


def test_the_same_site_of_another_edition_does_not_differ(folder):
    write_site(folder / "site", edition="Version 2, with uncommitted changes")
    assert lines(folder) == []
    assert not (folder / "drawn").exists()


def test_a_page_that_differs_is_named_and_drawn(folder):
    write_site(folder / "site", words="Other words.")
    told = lines(folder)
    assert [line.split(":")[0] for line in told] == [f"notebooks/two at {s}" for s in SETTINGS]
    for line, setting in zip(told, SETTINGS, strict=True):
        assert line.endswith(f"see {folder / 'drawn' / setting / 'notebooks' / 'two.png'}")
        assert (folder / "drawn" / setting / "notebooks" / "two.png").is_file()
    assert lines(folder, pages=["one"]) == []


def test_pages_that_came_and_went_are_named(folder):
    (folder / "site" / "one.html").rename(folder / "site" / "three.html")
    told = lines(folder)
    assert [line for line in told if "three" in line] == [
        f"three at {setting}: is not stored" for setting in SETTINGS
    ]
    assert sum("one.webp: is stored, and is no page" in line for line in told) == 4


def test_another_browser_is_told_first(folder):
    file = folder / "shots" / MACHINE
    file.write_text(json.dumps(json.loads(file.read_text()) | {"browser": "1.0"}))
    (told,) = lines(folder, pages=["one"])
    assert told.startswith("browser: ")
    assert "stored with 1.0" in told


def test_the_page_that_leads_elsewhere_and_templates_are_no_pages(stored):
    assert page_names(stored / "site") == ["notebooks/two", "one"]


def test_images_that_move_are_told_from_those_that_stand_still(tmp_path):
    frames = [Image.new("RGB", (8, 8), shade) for shade in ("white", "black")]
    (tmp_path / "_images").mkdir()
    frames[0].save(tmp_path / "_images" / "still.png")
    frames[0].save(tmp_path / "_images" / "moving.png", save_all=True, append_images=frames[1:])
    assert screenshots._animated(tmp_path) == ["moving.png"]


def test_nothing_stored_and_no_page_are_refused(folder):
    with pytest.raises(NotebookError, match=r"two: not in .*site; must be built first"):
        lines(folder, pages=["two"])
    shutil.rmtree(folder / "shots")
    with pytest.raises(NotebookError, match="has no screenshots; must be stored first"):
        lines(folder)


def test_the_command_stores_and_compares(folder, monkeypatch, capsys):
    (folder / "_build").mkdir()
    (folder / "site").rename(folder / "_build" / "html")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["ddlib.book", "screenshots", "one", "--update"])
    assert main() == 0
    assert "Stored" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["ddlib.book", "screenshots", "one"])
    assert main() == 0
    assert "no page differs" in capsys.readouterr().out
    (folder / "_build" / "html" / "one.html").write_text(PAGE.format("One", "Other words.", ""))
    assert main() == 1
    assert "one at 390-dark: " in capsys.readouterr().err
