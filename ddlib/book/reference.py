"""The reference of the library: one page a package, from signatures and docstrings.

A docstring is Markdown with dollar mathematics. Names in backticks and in annotations link to their
entries. An entry is HTML as Sphinx writes it for a directive like `py:function`: 700 of these would
take it more than 10 s of every build. `book/_ext/reference.py` tells Sphinx where the entries are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from griffe import Class, Module

from ddlib.book.members import Entry, entries, kind, modules, offered, read_library
from ddlib.book.rendering import Rendering

FOUNDATIONS = "foundations"  # page of the modules that are in no package
FRONT_DOOR = "front_door"  # no page, but the list of what `from ddlib import …` has
LONGEST = 70  # characters of a name with its signature on one line
RAW = "`````{{raw}} html\n{}\n`````"
MODULE = '<p><code id="{path}" data-kind="module" data-names="">{path}</code></p>\n'
ENTRY = """\
<dl class="py {kind}">
<dt class="sig sig-object py {size}" id="{path}" data-kind="{kind}" data-names="{names}">
{word}<span class="sig-name descname">{name}</span>{signature}
<a class="headerlink" href="#{path}" title="Link to this">#</a></dt>
<dd>{text}</dd>
</dl>
"""


def write_reference(root: Path, output: Path) -> None:
    """Write the pages of the reference, and the list of the front door.

    Args:
        root: folder with `ddlib`.
        output: folder of the pages.
    """
    output.mkdir(parents=True, exist_ok=True)
    for name, page in _Reference(read_library(root)).pages().items():
        (output / f"{name}.md").write_text(page, encoding="utf-8")


class _Reference:
    """The pages of a library, whose entries link to each other."""

    def __init__(self, library: Module) -> None:
        self.library = library
        self.modules = list(modules(library))
        found = [thing for module in self.modules for thing in (module, *_deep(module))]
        self.entries = {e.path: e for e in found if not isinstance(e, Module)}
        # The other names by which entries are imported, and where they lead.
        self.homes = {
            f"{package.path}.{name}": path
            for package in self.modules
            for name, path in offered(package).items()
            if path in self.entries and path != f"{package.path}.{name}"
        }
        places = {thing.path: f"{_page(thing)}.html#{thing.path}" for thing in found}
        aliases = {name: places[path] for name, path in self.homes.items()}
        self.rendering = Rendering(places | aliases, {module.path for module in self.modules})

    def pages(self) -> dict[str, str]:
        """Return all pages by name, and the list of the front door."""
        pages = {FRONT_DOOR: self.door(self.library)}
        for room in self.modules:
            inside = [module for module in self.modules if module.parent is room]
            if room is self.library:
                pages[FOUNDATIONS] = self.page(room, [m for m in inside if not m.is_subpackage])
            elif room.is_subpackage:
                pages[room.name] = self.page(room, inside)
        return pages

    def page(self, room: Module, inside: list[Module]) -> str:
        """Return the page of a package: what it offers, what it has itself, and its modules."""
        door = "" if room is self.library else self.door(room)
        title = FOUNDATIONS if room is self.library else room.name
        parts = [f"# {title}", self.head(room), door, self.body(room)]
        for module in inside:
            parts += [f"## {module.name}", self.head(module), self.body(module)]
        return "\n\n".join(filter(None, parts)) + "\n"

    def door(self, package: Module) -> str:
        """Return the list of the names that a package offers, with a sentence on each."""
        offers = {n: self.entries[p] for n, p in offered(package).items() if p in self.entries}
        if not offers:
            return ""
        lines = [
            f"- {{py:obj}}`{name} <{entry.path}>`{_summary(entry)}"
            for name, entry in sorted(offers.items())
        ]
        return "\n".join([f"`from {package.path} import …`:", "", *lines]) + "\n"

    def head(self, module: Module) -> str:
        """Return the anchor and the docstring of a module."""
        html = MODULE.format(path=module.path) + self.rendering.docstring(module)
        return RAW.format(html)

    def body(self, module: Module) -> str:
        """Return the entries in a module."""
        return RAW.format(html) if (html := self.listing(module)) else ""

    def listing(self, thing: Module | Entry) -> str:
        """Return the entries in a module or a class."""
        return "".join(map(self.entry, entries(thing)))

    def entry(self, entry: Entry) -> str:
        """Return an entry, with those of its members inside."""
        names = [name for name, path in self.homes.items() if path == entry.path]
        signature = self.rendering.signature(entry)
        shown = unescape(re.sub("<[^>]*>", "", signature))
        text = _import(names) + self.rendering.bases(entry)
        return ENTRY.format(
            kind=kind(entry),
            size="long" if len(entry.name + shown) > LONGEST else "short",
            path=entry.path,
            names=" ".join(names),
            word=_word(entry),
            name=entry.name,
            signature=signature,
            text=text + self.rendering.docstring(entry) + self.listing(entry),
        )


def _deep(thing: Module | Entry) -> Iterator[Entry]:
    """Yield what is public in a module, and in its classes."""
    for entry in entries(thing):
        yield entry
        yield from _deep(entry)


def _page(thing: Module | Entry) -> str:
    """Return the name of the page that something is on: its package in the library."""
    _, *path = (thing if isinstance(thing, Module) else thing.module).path.split(".")
    room = thing.package.modules.get(path[0]) if path else None
    return room.name if room is not None and room.is_subpackage else FOUNDATIONS


def _summary(entry: Entry) -> str:
    """Return the first sentence of a docstring, after a colon."""
    text = entry.docstring.value if entry.docstring else ""
    # "Fig. 1" goes on: a sentence begins with a capital letter.
    sentence = re.split(r"(?<=\.)\s(?=[A-Z])|\n\n", text)[0].replace("\n", " ")
    return f": {sentence}" if sentence else ""


def _word(entry: Entry) -> str:
    """Return what stands before the name of an entry."""
    labels = [label for label in ("classmethod", "staticmethod") if label in entry.labels]
    word = kind(entry) if isinstance(entry, Class) or kind(entry) == "property" else "".join(labels)
    return f'<em class="property">{word} </em>' if word else ""


def _import(names: list[str]) -> str:
    """Return how an entry is imported by the shortest of its other names."""
    if not names:
        return ""
    package, _, name = min(names, key=len).rpartition(".")
    return f'<p class="importable"><code>from {package} import {name}</code></p>'
