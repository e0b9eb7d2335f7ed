"""What browsers call themselves, in words."""

import pytest

from dashboard.accounts.browsers import browser_words

GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {GECKO} Chrome/142.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {GECKO} Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {GECKO} Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {GECKO} Version/18.0 Safari/605.1", "Safari on macOS"),
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {GECKO} Chrome/94.0 Safari/537.36", "Chrome on webOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("<b>nobody</b>", "<b>nobody</b>"),
        ("", ""),
    ],
)
def test_browsers_are_named_in_words(said: str, words: str) -> None:
    assert browser_words(said) == words
