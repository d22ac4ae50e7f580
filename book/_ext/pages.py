"""Hand each page that Sphinx wrote to whoever has something to change in it or to learn from it.

All pages are read once and written once. Listeners of `page-edit` change the `text` of a page,
those of `pages-gathered` that of all pages (name -> page) by what they have in common, and those of
`pages-edited` get all pages as they stay: name -> text.
"""

from pathlib import Path
from types import SimpleNamespace

NO_PAGES = "_static"  # templates of the theme lie there


def _hand_round(app, error):
    if error or app.builder.format != "html":
        return
    folder, pages = Path(app.outdir), {}
    for file in sorted(folder.rglob("*.html")):
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name.startswith(NO_PAGES):
            continue
        page = SimpleNamespace(name=name, text=file.read_text(encoding="utf-8"))
        app.emit("page-edit", page)
        pages[name] = page
    app.emit("pages-gathered", pages)
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page.text, encoding="utf-8")
    app.emit("pages-edited", {name: page.text for name, page in pages.items()})


def setup(app):
    """Register with Sphinx."""
    for event in ("page-edit", "pages-gathered", "pages-edited"):
        app.add_event(event)
    # After extensions that copy style sheets at the end, too.
    app.connect("build-finished", _hand_round, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
