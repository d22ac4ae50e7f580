"""Give pages with widgets their scripts, and the site Vega's, so that nothing comes from outside.

Vega's scripts are one file of 0.9 MB, which a page loads when a widget comes near the view. They
come with the package vl-convert, and are written once, for a site with widgets.
"""

from pathlib import Path

OWN = ("drag.js", "points.js", "ridge.js", "explorers.js")  # in this order
WIDGET = 'class="explorer"'


def _add_scripts(app, page, template, context, doctree):
    if WIDGET in context.get("body", ""):
        app.add_css_file("explorers/explorers.css")
        for name in OWN:
            app.add_js_file(f"explorers/{name}")


def _write_vega(app, pages):
    if any(WIDGET in text for text in pages.values()):
        import vl_convert

        path = Path(app.outdir, "_static", "explorers", "vega.js")
        path.parent.mkdir(parents=True, exist_ok=True)
        # In a function, as its constants would be those of every other script, too.
        path.write_text(f"(() => {{{vl_convert.javascript_bundle()}}})();", encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", _add_scripts)
    app.setup_extension("pages")
    app.connect("pages-edited", _write_vega)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
