"""Compare how the built pages look with how they looked when that was stored.

Every page is photographed at two widths in both themes, and its thumbnail is compared. Fonts and
browser are those of the machine: what a set was stored with stands beside it.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from ddlib.book.printing import PATIENCE, browser
from ddlib.book.thumbnails import difference, thumbnail
from ddlib.runs.notebook import NotebookError

WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
HEIGHT = 900  # of the window
BAND = 6000  # pixels of a page that are photographed at once: Chromium draws no more than 16 384
MOST = 24_000  # pixels of a page that are photographed: longer are those of the library alone
STORED = Path("tests", "book", "screenshots")
MACHINE = "machine.json"
APART = ("_static", "_sources", "_images")
REFRESH = '<meta http-equiv="Refresh"'
FONTS = ("sans-serif", "serif", "monospace")

# What moves stands still; what differs from commit to commit, and from hour to hour, is hidden.
STYLE = """
*, ::before, ::after { animation: none !important; transition: none !important;
  caret-color: transparent !important; scroll-behavior: auto !important; }
::-webkit-scrollbar { display: none; }
.extra_footer { visibility: hidden !important; }
"""
HIDDEN = 'img[src$="{}"] {{ visibility: hidden !important; }}'
ANIMATED = b"acTL"  # the chunk that makes a PNG an animated one
# The images that a reader would scroll to are loaded and decoded. Drawings that move are set to
# their end, as readers see them who want no motion.
SETTLE = """async () => {
  window.MathJax?.startup && await MathJax.startup.promise;
  document.querySelectorAll("img[loading]").forEach(i => { i.loading = "eager"; });
  document.querySelectorAll("svg").forEach(s => { s.setCurrentTime(600); s.pauseAnimations(); });
  await Promise.all([...document.images].map(i => i.decode().catch(() => null)));
  await document.fonts.ready;
}"""
# Pages without the theme, such as the one that leads to the first page, have no theme to wait for.
SHOWN = "theme => [theme, undefined].includes(document.documentElement.dataset.theme)"


def store(site: Path, stored: Path, *, pages: Sequence[str] = ()) -> int:
    """Store how pages look.

    Args:
        site: folder of the built pages.
        stored: folder of the stored thumbnails; those of other pages stay only where `pages` are.
        pages: names of the pages, without `.html`; all unless told.

    Returns:
        The bytes of all that is stored then.

    Raises:
        NotebookError: for a page that is not built, and where there is no browser.
    """
    names = _wanted(site, pages)
    if not pages:
        shutil.rmtree(stored, ignore_errors=True)
    with browser() as chromium:
        for place, seen in _photographs(chromium, site, names):
            _write(stored / place, seen)
        _write(stored / MACHINE, json.dumps(_machine(chromium), indent=1).encode() + b"\n")
    return sum(file.stat().st_size for file in stored.rglob("*") if file.is_file())


def compare(site: Path, stored: Path, output: Path, *, pages: Sequence[str] = ()) -> Iterator[str]:
    """Compare how pages look with what is stored, and yield a line for each that differs.

    Args:
        site: folder of the built pages.
        stored: folder of the stored thumbnails.
        output: folder that gets a picture of each difference, from empty.
        pages: names of the pages, without `.html`; all unless told.

    Raises:
        NotebookError: for a page that is not built, where nothing is stored, and where there is no
            browser.
    """
    names = _wanted(site, pages)
    if not (stored / MACHINE).is_file():
        raise NotebookError(f"{stored}: has no screenshots; must be stored first, with UPDATE=1")
    shutil.rmtree(output, ignore_errors=True)
    with browser() as chromium:
        then, now = json.loads((stored / MACHINE).read_bytes()), _machine(chromium)
        for what in sorted(now):
            if then.get(what) != now[what]:
                yield f"{what}: {now[what]}; stored with {then.get(what)}, which may look different"
        for place, seen in _photographs(chromium, site, names):
            yield from _compared(stored, place, seen, output)
    for file in sorted(stored.rglob("*.webp")) if not pages else ():
        if Path(*file.relative_to(stored).parts[1:]).with_suffix("").as_posix() not in names:
            yield f"{file}: is stored, and is no page of the book"


def page_names(site: Path) -> list[str]:
    """Return the names of the built pages, without `.html`, but for one that leads elsewhere.

    Args:
        site: folder of the built pages.
    """
    files = [
        one for one in sorted(site.rglob("*.html")) if one.relative_to(site).parts[0] not in APART
    ]
    shown = (one for one in files if REFRESH not in one.read_text(encoding="utf-8"))
    return [one.relative_to(site).with_suffix("").as_posix() for one in shown]


def _wanted(site: Path, pages: Sequence[str]) -> list[str]:
    """Return the names of the pages that are asked for."""
    built = page_names(site)
    if missing := [name for name in pages if name not in built]:
        raise NotebookError(
            f"{', '.join(missing)}: not in {site}; must be built first, `make book`"
        )
    if not built:
        raise NotebookError(f"{site}: has no pages; must be built first, `make book`")
    return sorted(pages or built)


def _machine(chromium: Browser) -> dict[str, str]:
    """Return what decides how letters look: the browser, and the fonts of the machine."""
    if shutil.which("fc-match") is None:
        return {"browser": chromium.version, "fonts": "unknown"}
    found = [
        subprocess.run(["fc-match", font], capture_output=True, text=True, check=False).stdout
        for font in FONTS
    ]
    return {"browser": chromium.version, "fonts": ", ".join(text.strip() for text in found)}


def _photographs(
    chromium: Browser, site: Path, names: Sequence[str]
) -> Iterator[tuple[Path, bytes]]:
    """Yield the thumbnails of pages in all settings, each with its place."""
    tab = chromium.new_page(reduced_motion="reduce")
    tab.set_default_timeout(PATIENCE)
    moving = "".join(HIDDEN.format(name) for name in _animated(site))
    tab.add_init_script("sessionStorage.clear()")  # the theme's: how far the last page was scrolled
    tab.route("**/vega.js*", lambda route: route.abort())  # explorers stay the figures they were
    for name in names:
        tab.goto((site / f"{name}.html").resolve().as_uri(), wait_until="load")
        tab.add_style_tag(content=STYLE + moving)
        for width, scheme in product(WIDTHS, SCHEMES):
            tab.set_viewport_size({"width": width, "height": HEIGHT})
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            tab.wait_for_function(SHOWN, arg=scheme)
            tab.evaluate(SETTLE)
            yield Path(f"{width}-{scheme}", f"{name}.webp"), thumbnail(_whole(tab, width))


def _animated(site: Path) -> list[str]:
    """Return the names of images that move: no style stops an animated PNG."""
    files = sorted((site / "_images").glob("*.png"))
    return [file.name for file in files if ANIMATED in file.read_bytes()[:4096]]


def _whole(tab: Page, width: int) -> Image.Image:
    """Return the picture of a page from its top."""
    height = min(MOST, tab.evaluate("document.documentElement.scrollHeight"))
    whole = Image.new("RGB", (width, height))
    for top in range(0, height, BAND):
        clip = {"x": 0, "y": top, "width": width, "height": min(BAND, height - top)}
        taken = tab.screenshot(full_page=True, clip=clip, type="jpeg", quality=90)  # type: ignore[arg-type]
        whole.paste(Image.open(io.BytesIO(taken)), (0, top))
    return whole


def _compared(stored: Path, place: Path, seen: bytes, output: Path) -> Iterator[str]:
    """Yield a line if a page differs in a setting, and draw where."""
    page = f"{place.relative_to(place.parts[0]).with_suffix('')} at {place.parts[0]}"
    if not (stored / place).is_file():
        yield f"{page}: is not stored"
    elif found := difference((stored / place).read_bytes(), seen):
        drawn = output / place.with_suffix(".png")
        drawn.parent.mkdir(parents=True, exist_ok=True)
        found.picture.save(drawn)
        yield f"{page}: {found.cells} of {found.total} cells differ, see {drawn}"


def _write(file: Path, content: bytes) -> None:
    """Write a file, and the folders that it lies in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
