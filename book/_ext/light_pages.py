"""Leave out of every page what it would load and does not need.

- sphinx-thebe's scripts: Jupyter Book loads the extension even where its button is off, twice at
  that, and they name a host outside the book;
- Font Awesome's script of 1.5 MB: the theme's style sheet shows the same icons from a font;
- images below the first screen, which load when they come near the view.
"""

import re
from pathlib import Path

ICONS = re.compile(r'<script defer src="[^"]*scripts/fontawesome\.js[^"]*"></script>\n?')
IMAGE = re.compile(r"<img (?![^>]*\bloading=)")
UNUSED = ("fontawesome.js*", "*.map")  # under _static/scripts


def _drop_thebe(app, page, template, context, doctree):
    def is_thebe(script):
        body = getattr(script, "attributes", {}).get("body") or ""
        return "thebe" in (str(script.filename or "") + body).lower()

    context["script_files"] = [s for s in context.get("script_files", []) if not is_thebe(s)]
    if "body" in context:
        context["body"] = IMAGE.sub('<img loading="lazy" ', context["body"])


def _drop_icons(app, page):
    page.text = ICONS.sub("", page.text)


def _drop_files(app, pages):
    for pattern in UNUSED:
        for file in Path(app.outdir, "_static", "scripts").glob(pattern):
            file.unlink()


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", _drop_thebe, priority=900)
    app.setup_extension("pages")
    app.connect("page-edit", _drop_icons)
    app.connect("pages-edited", _drop_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
