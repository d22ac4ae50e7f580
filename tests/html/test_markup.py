"""Elements escape whatever is text, and a page fetches and runs nothing."""

import re
from html.parser import HTMLParser

from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from ddlib.html.markup import Html, element, join, printable
from ddlib.html.page import Row, Section, page, table


class Names(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def parsed(text):
    names = Names()
    names.feed(text)
    return names


@given(st.text())
def test_any_text_stays_text(text):
    shown = element("p", text, title=text)
    names = parsed(shown)
    assert names.tags == ["p"]
    assert names.attributes == [("title", printable(text))]
    soup = BeautifulSoup(shown, "html.parser")
    assert soup.p.get_text() == printable(text)
    shown.encode("utf-8")


def test_html_is_not_escaped_again():
    inner = element("b", "a < b")
    assert element("p", inner, " & ", Html("<br>")) == "<p><b>a &lt; b</b> &amp; <br></p>"
    assert join(["<", inner], ", ") == "&lt;, <b>a &lt; b</b>"


def test_attributes_are_written_as_browsers_read_them():
    shown = element("rect", x=1.0, y=1 / 3, stroke_width=2, hidden=True, title=None, class_="a")
    assert shown == '<rect x="1" y="0.33" stroke-width="2" hidden class="a"></rect>'


def test_control_characters_are_marked():
    assert printable("a\x00b\x1b[31m\ud800\n") == "a�b�[31m�\n"


def test_a_page_has_no_script_and_fetches_nothing():
    name = "<script src='https://example.org/x.js'></script>"
    rows = [Row(name, (name, element("b", name)))]
    sections = [Section("one", name, (name, table([name, name, name], rows, caption=name)))]
    text = page(name, name, sections)
    names = parsed(text)
    assert "script" not in names.tags
    fetching = {"src", "srcset", "data", "action", "background", "poster", "xlink:href"}
    assert not fetching & {key for key, _ in names.attributes}
    assert {value for key, value in names.attributes if key == "href"} == {"#one"}
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    assert "@import" not in style
    assert "http" not in style
    assert re.findall(r"url\(([^)]*)\)", style) == []
    policy = BeautifulSoup(text, "html.parser").find("meta", {"http-equiv": True})["content"]
    assert "default-src 'none'" in policy


def test_every_section_is_linked():
    sections = [Section("a", "First", ("x",)), Section("b", "Second", ("y",))]
    soup = BeautifulSoup(page("t", "l", sections), "html.parser")
    links = [link["href"] for link in soup.nav.find_all("a")]
    assert links == ["#a", "#b"]
    assert all(soup.find(id=link[1:]) for link in links)
