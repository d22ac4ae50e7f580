"""A method has one colour in all chapters: they ask the map, and name no colour beside a method."""

import ast

import pytest

from ddlib.book.project import chapters
from ddlib.experiments import descent_ways, references
from ddlib.plots import style
from ddlib.plots.methods import METHOD_COLORS, color_of
from ddlib.runs.places import ROOT

PALETTE = {name for name in vars(style) if name.isupper() and str(getattr(style, name))[0] == "#"}


def strings(tree):
    """The text in a tree, and the text that names of the experiments stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            for module in (descent_ways, references):
                value = getattr(module, node.id, None)
                yield from [value] if isinstance(value, str) else []


def colored_by_hand(source):
    """Lines that put a colour of the palette beside a method, or set colours in turn."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            words = {key.arg: key.value for key in node.keywords}
            pairs = [
                (words[one], words["label"]) for one in ("color", "c") if {one, "label"} <= {*words}
            ]
            if getattr(node.func, "attr", "") == "set_prop_cycle":
                yield node.lineno
        elif isinstance(node, ast.Dict):
            pairs = [(value, key) for key, value in zip(node.keys, node.values, strict=True) if key]
        else:
            continue
        for color, name in pairs:
            named = {one.id for one in ast.walk(color) if isinstance(one, ast.Name)}
            if named & (PALETTE - {"GREY"}) and METHOD_COLORS.keys() & {*strings(name)}:
                yield node.lineno


@pytest.mark.parametrize("name", chapters(ROOT))
def test_chapters_take_the_colours_of_methods_from_the_map(name):
    source = (ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    assert [*colored_by_hand(source)] == []


@pytest.mark.parametrize(
    "line",
    [
        "axes.plot(x, color=SKY, label='first-order')",
        "axes.plot(x, color=SKY, label=FIRST)",
        "colors = {FIRST: (SKY, '--')}",
        "axes.set_prop_cycle(color=[SKY])",
    ],
)
def test_colours_by_hand_are_found(line):
    assert [*colored_by_hand(line)] == [1]


def test_kinds_of_one_method_share_its_colour():
    ways = (descent_ways.FIRST, "FirstOrder", "FirstOrder on $D^T$", "first-order, the law")
    assert len({color_of(way) for way in ways}) == 1
    subsets = (references.SUBSET, references.SUBSET_CHOSEN, "random subset")
    assert len({color_of(subset) for subset in subsets}) == 1
