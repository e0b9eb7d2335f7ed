"""What axe has to say about a page."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

OPTIONS = {"resultTypes": ["violations"], "preload": False, "iframes": False}


async def violations(page: Page) -> list[str]:
    """Return the broken rules, each with the first element that breaks it.

    Axe writes inline styles, so the page must let them be (`bypass_csp`). Nothing is preloaded: that takes more than a
    second a page, and only a rule about sound that plays by itself rests on it.
    """
    found = await Axe().run(page, options=OPTIONS)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]]
