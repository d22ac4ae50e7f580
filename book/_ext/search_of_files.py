"""Let the search of a book that is opened from files show what it finds without excerpts.

Sphinx's script fetches each page that it finds for an excerpt. From a file a browser fetches
nothing, and every result would leave an error in the console.
"""

NO_EXCERPTS = (
    "if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;"
)


def _add_script(app, page, template, context, doctree):
    if page == "search":
        app.add_js_file(None, body=NO_EXCERPTS)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", _add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
