"""What a vendor is asked for at once, and not by a poll: more about a session, and a new one. Synchronous.

Whoever asks waits for the vendor's answer, within `dashboard.vendors.asking`'s time limit.
"""

from collections.abc import Mapping
from typing import Any

from dashboard.audit import Action, record
from dashboard.boards.records import detail_parts, record_parts, safe_link
from dashboard.models import VendorRecord
from dashboard.once import Outcome
from dashboard.sources import known_sources
from dashboard.vendors.account import Account
from dashboard.vendors.asking import ask
from dashboard.vendors.base import Capability, Started
from dashboard.vendors.registry import VENDORS
from realtime.errors import RealtimeError
from realtime.models import VendorSession


def find_account(source: str, capability: Capability) -> Account | None:
    """Return a source's account if it is configured, switched on, and its vendor can do this."""
    return next((account for account in accounts_with(capability) if account.name == source), None)


def accounts_with(capability: Capability) -> list[Account]:
    """Return the accounts whose vendors can do this; none while sources.toml cannot be read."""
    accounts = [one for one in known_sources() if isinstance(one, Account)]
    return [one for one in accounts if one.is_enabled and capability in VENDORS[one.vendor].capabilities]


def describe_record(key: str) -> dict[str, Any] | None:
    """Return what the vendor said of a session when it listed it last, for the drawer; None when it is not held."""
    session = VendorSession.objects.filter(key=key).first()
    if session is None:
        return None
    stored = VendorRecord.objects.filter(key=key).first()
    raw = stored.raw if stored and isinstance(stored.raw, dict) else {}
    return {
        "key": key,
        "vendor": session.vendor,
        "parts": record_parts(session.vendor or "", raw),
        "fetched_at": stored.fetched_at if stored else None,
        "can_ask": find_account(session.source, Capability.DETAILS) is not None,
    }


def fetch_details(session: VendorSession) -> tuple[tuple[Any, ...], str]:
    """Return the parts of a vendor's answer, or a sentence that says why there are none."""
    account = find_account(session.source, Capability.DETAILS)
    if account is None:
        return (), f"{session.source}: it is not configured or switched off, so nobody can be asked."
    vendor, external_id = VENDORS[account.vendor], session.external_id or ""
    try:
        details: Mapping[str, Any] = ask(account, lambda caller: vendor.fetch_details(caller, external_id))
    except RealtimeError as error:
        return (), str(error)
    parts = detail_parts(account.vendor, details)
    return parts, "" if parts else "The vendor knows no more about it."


def start_at(account: Account) -> Outcome:
    """Create a session at a vendor; return what is to be shown of it, or the `error`."""
    vendor = VENDORS[account.vendor]
    record(Action.SESSION_ASKED, account.name)  # before the call: its outcome may never be known
    try:
        started: Started = ask(account, vendor.start)
    except RealtimeError as error:
        record(Action.SESSION_NOT_STARTED, account.name, detail={"error": str(error)})
        return {"error": f"No session was started, as far as we know. {error}"}
    record(Action.SESSION_STARTED, account.name, detail={"session": started.external_id})
    link = safe_link(started.start_url)
    return {"source": account.name, "title": vendor.title, "link": link, "key": started.support_key}
