"""Say at the foot of every page which edition it is: version, commit and date."""

import subprocess

import ddlib
from ddlib.runs.provenance import environment


def _date(commit):
    """Return the day of a commit, as 28 November 2026."""
    command = ["git", "show", "--no-patch", "--format=%cd", "--date=format:%-d %B %Y", commit]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _edition():
    """Return the line; a book outside a checkout has a version alone."""
    origin = environment()
    line = f"Version {ddlib.__version__}"
    if not origin["commit"]:
        return line
    state = "" if origin["clean"] else " with uncommitted changes"
    date = _date(origin["commit"])
    return f"{line}, commit {origin['commit'][:12]}{state}" + (f", {date}" if date else "")


def _note_edition(app, config):
    config.html_theme_options = {**config.html_theme_options, "extra_footer": _edition()}


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", _note_edition)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
