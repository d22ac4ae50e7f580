"""A headless Chromium that calls nobody."""

import os
import shutil
from contextlib import contextmanager

import pytest

PATIENCE = 300_000  # milliseconds until a page that hangs fails its test, on a busy machine

# Without these flags Chromium calls home at every start, which a closed network refuses.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-zygote",  # whose children give way to whatever else the machine computes
]


@contextmanager
def chromium():
    """Open a browser; skip the test where there is none, but for a run of the project's own."""
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    path = next(found, None)
    if path is None:
        message = "no Chromium: install Debian's package `chromium` to run these tests"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=PATIENCE)
        yield browser
        browser.close()
