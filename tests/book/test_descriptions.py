"""What the head of a page says of it, taken from its first paragraph that is long enough."""

import importlib.util
from pathlib import Path

import pytest
from docutils.core import publish_doctree

FILE = Path(__file__).parents[2] / "book" / "_ext" / "descriptions.py"
LONG = "This page is about a thing that takes some words to be told, and for which a line is short."


@pytest.fixture(scope="module")
def extension():
    spec = importlib.util.spec_from_file_location("descriptions", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described(extension, text):
    return extension._described(publish_doctree(text, settings_overrides={"report_level": 5}))


def test_the_first_long_paragraph_is_taken(extension):
    assert described(extension, f"Title\n=====\n\nShort.\n\n{LONG}\n\nAnother one.") == LONG


def test_lists_and_tables_are_passed_over(extension):
    table = f"=====\n{LONG[:5]}\n=====\n"
    assert described(extension, f"- {LONG[::-1]}\n\n{table}\n{LONG}") == LONG


def test_a_long_one_ends_after_a_word(extension):
    words = " ".join(f"word{k}," for k in range(60))
    cut = described(extension, words)
    assert len(cut) <= extension.LONGEST
    assert cut.endswith("…")
    assert cut.removesuffix("…").split()[-1].rstrip(",") in words.replace(",", "").split()
    assert words.startswith(cut.removesuffix("…"))


def test_a_page_without_paragraphs_says_nothing(extension):
    assert described(extension, "Title\n=====\n") == ""
