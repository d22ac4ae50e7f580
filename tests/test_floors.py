"""The rooms of the library stand on floors: each imports from lower ones alone."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "ddlib"
FLOORS = [
    ["arguments", "html", "kernels", "near", "settings", "spreadsheets", "streams", "summaries"],
    ["comparisons"],
    ["config", "dbn", "problem", "tables"],
    ["copula", "learners", "pinn"],
    ["distillers", "plots", "sites", "tasks"],
    ["benchmark", "conformance", "merge"],
    ["visits"],
    ["experiments", "report"],
    ["runs"],
    ["claims"],
    ["book", "__init__"],
    ["cli"],
    ["__main__"],
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def room_of(path):
    """The room of a file: its folder in the library, or its own name."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imported_rooms(path):
    """The rooms that a file imports from, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "ddlib":
            yield from (a.name if a.name in FLOOR_OF else "__init__" for a in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ddlib."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("ddlib."))


def test_every_room_has_a_floor():
    assert {room_of(path) for path in LIBRARY.rglob("*.py")} == FLOOR_OF.keys()


@pytest.mark.parametrize("room", FLOOR_OF)
def test_imports_go_down(room):
    files = [path for path in LIBRARY.rglob("*.py") if room_of(path) == room]
    upwards = {
        f"{path.relative_to(LIBRARY)} imports {other}"
        for path in files
        for other in imported_rooms(path)
        if other != room and FLOOR_OF[other] >= FLOOR_OF[room]
    }
    assert not upwards
