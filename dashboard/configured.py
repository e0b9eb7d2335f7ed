"""What sources.toml names, for boards: it is read again and again, because operators edit it while the site runs."""

from dashboard.boards.configured import Configured
from dashboard.boards.links import APPLIANCE
from dashboard.sources import Source, SourcesRefused, configured_sources
from dashboard.vendors.account import Account
from realtime.status import LinkState, LinkStatus


def load_configured() -> Configured:
    """Read sources.toml, and the secrets and certificates that it names: for threads, not for the event loop."""
    try:
        sources = configured_sources()
    except SourcesRefused:
        return Configured()  # `checksources` says what is wrong
    vendors = {source.name: source.vendor if isinstance(source, Account) else APPLIANCE for source in sources}
    return Configured(vendors, tuple(map(_unread, sources)), is_known=True)


def _unread(source: Source) -> LinkStatus:
    """Return the link of a source that nobody has read yet."""
    match source:
        case Account(is_enabled=is_enabled, interval_seconds=seconds):
            state = LinkState.STOPPED if is_enabled else LinkState.OFF
            return LinkStatus(source.name, state=state, poll_seconds=seconds)
        case _:
            return LinkStatus(source.name)
