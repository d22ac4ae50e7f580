"""Let a page show its text after one small style sheet, and no script.

The theme and its extensions bring fourteen style sheets of 550 kB and eight scripts that a browser
reads before it shows anything: nearly three seconds on a phone.

- The sheets that all pages ask for become `page.css`, with the rules that the pages need, and
  `page-later.css`, which nobody waits for: rules for print, and for what scripts make.
- Scripts of the head wait until the page is read. The options that other scripts change in place
  stand in the page.
"""

import hashlib
import posixpath
import re
from pathlib import Path

from ddlib.book.stylesheets import drop_unused, move_addresses, split_sheet

SHEET = re.compile(r'[ \t]*<link (?=[^>]*rel="stylesheet")[^>]*href="([^"?]+)[^"]*"[^>]*>\n?')
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
OPTIONS = re.compile(r'<script src="[^"]*_static/documentation_options\.js[^"]*"></script>')
SCRIPT = re.compile(r"<script (?=[^>]*\bsrc=)(?![^>]*\b(?:defer|async)\b)")
IMPORT = re.compile(r'@import\s+"([^"]+)";')
NAMES = re.compile(r'\b(?:class|id)="([^"]*)"')
INLINE = re.compile(r"<script[^>]*>(.+?)</script>", re.DOTALL)
PROPERTY = re.compile(r"--[\w-]+")
# Scripts that bring style sheets of their own.
APART = ("mathjax", "locales", "previews", "vega.js")
WORD = re.compile(r"[\w-]+")
LINKS = """<link rel="stylesheet" href="{0}_static/page.css?v={1}" />
<link rel="stylesheet" href="{0}_static/page-later.css?v={2}" media="print" \
onload="this.media='all'" />
"""


def _root(name):
    """Return the way from a page to the root of the site."""
    return "../" * name.count("/")


def _sheets(page):
    """Return the style sheets of a page, from the root of the site."""
    folder = posixpath.dirname(page.name)
    return [posixpath.normpath(posixpath.join(folder, link)) for link in SHEET.findall(page.text)]


def _read(folder, sheet):
    """Return a style sheet, and in its place what it imports, as name -> text."""
    text = (folder / sheet).read_text(encoding="utf-8")
    found = {}
    for imported in IMPORT.findall(text):
        found |= _read(folder, posixpath.normpath(f"{posixpath.dirname(sheet)}/{imported}"))
    return found | {sheet: IMPORT.sub("", text)}


def _scripts(folder, pages):
    """Return the scripts of the site and of its pages, but for those apart."""
    files = sorted((folder / "_static").rglob("*.js"))
    texts = [f.read_text(encoding="utf-8") for f in files if not {*APART} & {*f.parts}]
    return "\n".join(texts + [one for page in pages for one in INLINE.findall(page.text)])


def _split(folder, sheets, pages):
    """Return the rules of all sheets that pages wait for, and those that they do not."""
    scripts = _scripts(folder, pages)
    words = set(WORD.findall(scripts))
    names = {name for page in pages for found in NAMES.findall(page.text) for name in found.split()}
    texts = {name: text for one in sheets for name, text in _read(folder, one).items()}
    split = {name: split_sheet(text, names, words) for name, text in texts.items()}
    first, later = (
        "".join(
            move_addresses(parts[k], posixpath.dirname(name), "_static")
            for name, parts in split.items()
        )
        for k in (0, 1)
    )
    used = {one for text in (scripts, *(p.text for p in pages)) for one in PROPERTY.findall(text)}
    return drop_unused([first, later], used)


def _write(folder, name, sheet):
    """Write a style sheet, and return the beginning of its digest."""
    written = f'@charset "UTF-8";\n{sheet}\n'.encode()
    (folder / "_static" / name).write_bytes(written)
    return hashlib.sha256(written).hexdigest()[:8]


def _lighten(app, pages):
    """Write the sheets, and let all pages with sheets of the theme ask for these two."""
    folder = Path(app.outdir)
    of_page = {name: sheets for name, page in pages.items() if (sheets := _sheets(page))}
    if not of_page:
        return
    shared = set.intersection(*map(set, of_page.values()))
    in_order = [sheet for sheet in next(iter(of_page.values())) if sheet in shared]
    first, later = _split(folder, in_order, [pages[name] for name in of_page])
    digests = _write(folder, "page.css", first), _write(folder, "page-later.css", later)
    options = (folder / "_static" / "documentation_options.js").read_text(encoding="utf-8")
    for name, sheets in of_page.items():
        links = LINKS.format(_root(name), *digests)
        pages[name].text = _with_links(pages[name].text, sheets, shared, links, options)


def _with_links(text, sheets, shared, links, options):
    """Return a page with other links in place of those of the shared sheets, and late scripts."""
    head, end, body = text.partition("</head>")
    found = [*SHEET.finditer(head)]
    for link, sheet in zip(found, sheets, strict=True):
        links += "" if sheet in shared else link[0]
    where = found[0].start()
    head = PRELOAD.sub("", head[:where] + links + SHEET.sub("", head[where:]))
    head = OPTIONS.sub(lambda _: f"<script>{options}</script>", head)
    return SCRIPT.sub("<script defer ", head) + end + body


def setup(app):
    """Register with Sphinx."""
    app.setup_extension("pages")
    app.connect("pages-gathered", _lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
