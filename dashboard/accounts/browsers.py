"""What a browser calls itself, in words that its owner knows. Pure."""

from collections.abc import Iterable

# Most name others too, to be served as these are: the first that is found is the one.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Web0S", "webOS"),
    ("Tizen", "Tizen"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """Return such as "Firefox on Windows"; what it says itself where nothing of that is known."""
    browser, system = first_of(BROWSERS, user_agent), first_of(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent


def first_of(names: Iterable[tuple[str, str]], text: str) -> str:
    """Return our name for the first mark that a text holds, "" for none."""
    return next((name for mark, name in names if mark in text), "")
