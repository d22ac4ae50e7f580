"""Style sheets without rules that a site does not need: what is kept, dropped, and put apart."""

import pytest

from ddlib.book.stylesheets import drop_unused, move_addresses, split_sheet

PAGES, SCRIPTS = {"note", "main"}, {"shown"}


@pytest.mark.parametrize(
    ("sheet", "at_once", "later"),
    [
        ("p{color:red}", "p{color:red}", ""),
        (".note{color:red}", ".note{color:red}", ""),
        (".gone{color:red}", "", ""),
        ("#main .shown{color:red}", "", "#main .shown{color:red}"),
        (".note, .gone, .shown{color:red}", ".note{color:red}", ".shown{color:red}"),
        (".note:not(.gone){color:red}", ".note:not(.gone){color:red}", ""),
        (":is(.gone, p){color:red}", ":is(.gone, p){color:red}", ""),
        ('[class*=".gone"]{color:red}', '[class*=".gone"]{color:red}', ""),
        (".bs-tooltip-top{color:red}", "", ".bs-tooltip-top{color:red}"),
        ("@media print{.note{color:red}}", "", "@media print{.note{color:red}}"),
        ("@media screen{.gone{color:red}.note{top:0}}", "@media screen{.note{top:0}}", ""),
        ("@media screen{.gone{color:red}}", "", ""),
        ("@font-face{font-family:A}", "@font-face {font-family:A}", ""),
        ("/* a word */ p{ /* one */ top:  0 }", "p{top: 0}", ""),
        ('.note::after{content:"a  b}"}', '.note::after{content:"a  b}"}', ""),
    ],
)
def test_rules_are_split_by_what_asks_for_them(sheet, at_once, later):
    assert split_sheet(sheet, PAGES, SCRIPTS) == (at_once, later)


def test_properties_stay_that_are_used_at_the_end_of_a_chain():
    sheet = ":root{--a:var(--b);--b:1px;--c:var(--d);--d:2px;--e:3px}p{top:var(--a)}"
    assert drop_unused([sheet], {"--e"}) == [":root{--a:var(--b);--b:1px;--e:3px}p{top:var(--a)}"]


def test_a_property_of_one_sheet_may_be_used_in_another():
    assert drop_unused([":root{--a:1px}", "p{top:var(--a)}"])[0] == ":root{--a:1px}"


def test_key_frames_stay_that_are_named():
    frames = "@keyframes {}{{to{{top:0}}}}"
    sheet = f"p{{animation:fall 1s}}{frames.format('fall')}{frames.format('rise')}"
    assert drop_unused([sheet]) == [f"p{{animation:fall 1s}}{frames.format('fall')}"]


@pytest.mark.parametrize(
    ("address", "moved"),
    [
        ('url("../fonts/a.woff2?v=1#x")', 'url("fonts/a.woff2?v=1#x")'),
        ("url(../fonts/a.woff2)", 'url("fonts/a.woff2")'),
        ("url(data:image/png;base64,AA)", 'url("data:image/png;base64,AA")'),
        ('url("#here")', 'url("#here")'),
        ('url("https://arxiv.org/a.css")', 'url("https://arxiv.org/a.css")'),
    ],
)
def test_addresses_hold_in_the_new_folder(address, moved):
    sheet = f"@font-face{{src:{address} format('woff2')}}"
    assert moved in move_addresses(sheet, "_static/styles", "_static")
