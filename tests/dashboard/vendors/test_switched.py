"""A source that sources.toml switches off is off, and still no appliance."""

import pytest

from dashboard.vendors.account import Account
from dashboard.vendors.switched import mark_switched_off
from realtime.models import Link
from realtime.status import LinkState
from tests.dashboard.vendors.test_schedule import Plain

pytestmark = pytest.mark.usefixtures("each_database")

OFF = Plain(name="off", url="https://off.example", is_enabled=False)
ACCOUNTS: list[Account] = [OFF, Plain(name="on", url="https://on.example")]


def links() -> dict[str, tuple[str, float | None]]:
    """Return each link's state and how often it is polled."""
    return {link.source: (link.state, link.poll_seconds) for link in Link.objects.all()}


def test_a_source_that_was_never_polled_is_off() -> None:
    mark_switched_off(ACCOUNTS)

    assert links() == {"off": (LinkState.OFF, OFF.interval_seconds)}


@pytest.mark.parametrize("state", [LinkState.STOPPED, LinkState.OFF])
def test_a_source_that_was_taken_for_an_appliance_is_off(state: LinkState) -> None:
    Link.objects.create(source="off", state=state)

    mark_switched_off(ACCOUNTS)

    assert links() == {"off": (LinkState.OFF, OFF.interval_seconds)}


def test_a_source_that_is_off_is_written_once() -> None:
    mark_switched_off(ACCOUNTS)
    since = Link.objects.get().state_since

    mark_switched_off(ACCOUNTS)

    assert Link.objects.get().state_since == since
