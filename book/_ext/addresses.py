"""Use the addresses of repository and site where `_config.yml` has them.

A repository brings the buttons that open it, edit a page and launch it on Binder. They lead to what
lies in the repository: a chapter's page is woven from `notebooks/NAME.py`, and the pages of the
library are written by the build. The site's own address brings Open Graph cards and a sitemap.
The theme's download button goes: each chapter links to its clean notebook.
"""

import re

BUTTONS = {
    "use_repository_button": True,
    "use_edit_page_button": True,
    "use_issues_button": True,
    "launch_buttons": {"binderhub_url": "https://mybinder.org"},
}
CHAPTER = re.compile(r"notebooks(/|%2F)(\w+)\.ipynb")
GENERATED = "library/"


def _choose_buttons(app, config):
    chosen = BUTTONS if config.html_theme_options.get("repository_url") else {}
    given = {**config.html_theme_options, "use_download_button": False}
    config.html_theme_options = {**given, **chosen}


def _mend(button):
    """Let a button, or those of a group, lead to the source of a chapter."""
    for inner in button.get("buttons", ()):
        _mend(inner)
    if button.get("url"):
        button["url"] = CHAPTER.sub(r"notebooks\1\2.py", button["url"])


def _mend_buttons(app, page, template, context, doctree):
    for button in context.get("header_buttons", ()):
        if page.startswith(GENERATED) and "buttons" in button:
            shown = (b for b in button["buttons"] if b.get("label") != "source-edit-button")
            button["buttons"] = list(shown)
        _mend(button)


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", _choose_buttons)
    app.connect("html-page-context", _mend_buttons, priority=950)  # after the theme's own
    if app.config.html_baseurl:
        app.setup_extension("sphinxext.opengraph")
        app.setup_extension("sphinx_sitemap")
        app.config.ogp_site_url = app.config.html_baseurl
        app.config.ogp_social_cards = {"enable": False}
        app.config.sitemap_url_scheme = "{link}"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
