"""Pages of widgets beside the scripts of the book, and a finger on them."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

BOOK = Path(__file__).parents[2] / "book"
STILL = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"


def page_of(widgets, folder):
    """Write a page of widgets with all scripts into a folder, and return its address."""
    spec = importlib.util.spec_from_file_location("explorers", BOOK / "_ext/explorers.py")
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)
    extension._write_vega(SimpleNamespace(outdir=folder), {"page": extension.WIDGET})
    static = folder / "_static" / "explorers"
    for file in (BOOK / "_static" / "explorers").iterdir():
        (static / file.name).write_text(file.read_text("utf-8"), "utf-8")
    body = ""
    for widget in widgets:
        body += f'<figure id="{widget.still}"><img src="{STILL}" alt="A still"></figure>'
        body += widget._repr_html_()
    tags = '<link rel="stylesheet" href="_static/explorers/explorers.css">'
    tags += "".join(f'<script src="_static/explorers/{name}"></script>' for name in extension.OWN)
    head = "<meta charset=utf-8><meta name=viewport content=width=device-width>"
    page = folder / "page.html"
    page.write_text(f"<!doctype html>{head}{tags}{body}", "utf-8")
    return page.as_uri()


def finger_on(context, tab):
    """Return what lets a finger go up by 100 pixels from a place of a tab."""
    session = context.new_cdp_session(tab)

    def send(kind, *places):
        points = [{"x": x, "y": y} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def finger(x, y):
        send("touchStart", (x, y))
        for far in range(10, 101, 10):
            send("touchMove", (x, y - far))
        send("touchEnd")

    return finger
