"""Scores of a page by the audits of Lighthouse that a book without a host can meet."""

from pathlib import Path
from typing import Any

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
# Rules of axe-core by the weight that Lighthouse 12 gives them; and two more that speech needs.
WEIGHTS = {
    10: """aria-allowed-attr aria-hidden-body aria-required-attr aria-required-children
        aria-required-parent aria-valid-attr aria-valid-attr-value button-name duplicate-id-aria
        image-alt input-button-name input-image-alt meta-refresh meta-viewport video-caption""",
    7: """accesskeys aria-command-name aria-conditional-attr aria-dialog-name aria-hidden-focus
        aria-input-field-name aria-meter-name aria-progressbar-name aria-prohibited-attr aria-roles
        aria-text aria-toggle-field-name aria-tooltip-name aria-treeitem-name bypass color-contrast
        definition-list dlitem document-title frame-title html-has-lang html-lang-valid label
        label-content-name-mismatch link-in-text-block link-name list listitem object-alt
        select-name tabindex target-size td-headers-attr th-has-data-cells valid-lang""",
    3: """empty-heading form-field-multiple-labels heading-order html-xml-lang-mismatch
        skip-link""",
    1: "aria-allowed-role aria-deprecated-role image-redundant-alt table-duplicate-name",
}
RULES = {name: weight for weight, names in WEIGHTS.items() for name in names.split()}
AXE_RUN = """async rules => {
    const options = {runOnly: {type: "rule", values: rules}, preload: false,
        resultTypes: ["violations"]};
    const found = await axe.run(document, options);
    const targets = rule => rule.nodes.map(node => node.target.join(" "));
    return {passed: found.passes.map(rule => rule.id),
        failed: found.violations.map(rule => [rule.id, targets(rule)])};
}"""

# Best practice, and what a search looks for: each says what is wrong, or nothing.
PRACTICE = """async () => {
    const shown = node => (node.outerHTML || "").slice(0, 120);
    const found = selector => [...document.querySelectorAll(selector)];
    const all = (selector, wrong) => found(selector).filter(wrong).map(shown);
    const meta = name => found(`meta[name=${name}]`).map(m => m.content);
    const images = [...document.images].filter(image => image.checkVisibility());
    images.forEach(image => { image.loading = "eager"; });
    await Promise.all(images.map(image => image.decode().catch(() => null)));
    const vectors = /\\.svg($|\\?)|^data:image\\/svg/;
    const isStretched = image => {
        const {width, height} = image.getBoundingClientRect();
        const given = image.naturalWidth / image.naturalHeight;
        return width > 1 && Math.abs(width / height / given - 1) > 0.05
            && getComputedStyle(image).objectFit === "fill";
    };
    const isCoarse = image => !vectors.test(image.currentSrc)
        && image.naturalWidth < 0.75 * image.getBoundingClientRect().width;
    const letters = {large: 0, all: 0};
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        const length = text.data.trim().length;
        if (!length || !text.parentElement.checkVisibility()) continue;
        letters.all += length;
        const size = parseFloat(getComputedStyle(text.parentElement).fontSize);
        letters.large += size >= 12 ? length : 0;
    }
    const [title, description] = [document.title, meta("description")];
    const vague = /^(click here|here|more|this|link|read more|learn more|go)$/i;
    const stopsPaste = input => !input.dispatchEvent(new ClipboardEvent("paste",
        {cancelable: true, bubbles: true}));
    return {
        doctype: document.compatMode === "CSS1Compat" ? [] : [document.compatMode],
        charset: document.characterSet === "UTF-8" ? [] : [document.characterSet],
        viewport: meta("viewport").some(one => /width=device-width/.test(one)) ? [] : ["none"],
        zoom: meta("viewport").filter(one => /user-scalable=no|maximum-scale=1\\b/.test(one)),
        title: title.length > 10 ? [] : [title],
        description: description.length === 1 && description[0].length >= 30
            && description[0].length <= 160 ? [] : [description.join(" | ") || "none"],
        index: meta("robots").filter(one => /noindex/.test(one)),
        "image-aspect-ratio": images.filter(isStretched).map(shown),
        "image-size": images.filter(isCoarse).map(shown),
        "font-size": letters.large >= 0.6 * letters.all ? [] : [JSON.stringify(letters)],
        "insecure-links": all("[href^='http:'], [src^='http:']", node => !node.closest("pre")
            && !/^http:..(localhost|127\\.)/.test(node.href || node.src)),
        "link-text": all("a[href]", node => vague.test(node.textContent.trim())),
        "links-that-lead": all("a", node => !node.hasAttribute("href") && !node.id && !node.name),
        "javascript-links": all("a[href^='javascript:']", () => true),
        paste: all("input, textarea", stopsPaste),
    };
}"""
HEAVY = {"deprecations": 5, "foreign": 5, "paste": 3}
# Asked for before a reader did anything.
PERMISSIONS = """window.askedFor = [];
for (const name of ["getCurrentPosition", "watchPosition"])
    navigator.geolocation[name] = () => window.askedFor.push(name);
Notification.requestPermission = async () => { window.askedFor.push("notification"); };
"""


def score(weights: dict[str, int], faults: dict[str, list[str]]) -> float:
    """Return the weighted share, in per cent, of audits without faults.

    Args:
        weights: of the audits that apply.
        faults: of each audit; none unless told.
    """
    passed = sum(weight for name, weight in weights.items() if not faults.get(name))
    return 100 * passed / sum(weights.values())


def accessibility(page: Any) -> tuple[float, dict[str, list[str]]]:
    """Return the score of a page, and where it fails which rule.

    Args:
        page: open in a browser.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(AXE_RUN, [*RULES])
    faults = dict(found["failed"])
    weights = {name: RULES[name] for name in (*found["passed"], *faults)}
    return score(weights, faults), faults


def practice(page: Any, noted: dict[str, list[str]]) -> tuple[float, dict[str, list[str]]]:
    """Return the score of a page, and what is wrong with it.

    Args:
        page: open in a browser.
        noted: what the browser said while it opened: errors, deprecations, foreign addresses.
    """
    faults = page.evaluate(PRACTICE) | noted | {"permissions": page.evaluate("window.askedFor")}
    weights = {name: HEAVY.get(name, 1) for name in faults}
    return score(weights, faults), {name: wrong for name, wrong in faults.items() if wrong}
