"""The bugs that can be planted: the code moves on, and each must still be one line of it."""

import pytest

from tests.chaos.plant import BUGS
from tests.services.process import ROOT


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_has_its_line(name: str) -> None:
    bug = BUGS[name]
    assert (ROOT / bug.path).read_text().count(bug.line) == 1
    assert (ROOT / bug.tests).is_file()
