"""Hand each page that Sphinx wrote to whoever has something to change in it or to learn from it.

All pages are read once and written once. Listeners of `page-edit` change the `text` of a page,
those of `pages-edited` get all pages as they stay: name -> text.
"""

from pathlib import Path
from types import SimpleNamespace


def _hand_round(app, error):
    if error or app.builder.format != "html":
        return
    folder, pages = Path(app.outdir), {}
    for file in sorted(folder.rglob("*.html")):
        name = file.relative_to(folder).with_suffix("").as_posix()
        page = SimpleNamespace(name=name, text=file.read_text(encoding="utf-8"))
        app.emit("page-edit", page)
        file.write_text(page.text, encoding="utf-8")
        pages[name] = page.text
    app.emit("pages-edited", pages)


def setup(app):
    """Register with Sphinx."""
    app.add_event("page-edit")
    app.add_event("pages-edited")
    app.connect("build-finished", _hand_round)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
