"""Take sphinx-thebe's scripts off every page.

Jupyter Book loads the extension even where its button is off, twice at that: the second copy of
its constants is an error in the browser's console, and they name a host outside the book.
"""


def _drop_scripts(app, page, template, context, doctree):
    def is_thebe(script):
        body = getattr(script, "attributes", {}).get("body") or ""
        return "thebe" in (str(script.filename or "") + body).lower()

    context["script_files"] = [s for s in context.get("script_files", []) if not is_thebe(s)]


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", _drop_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
