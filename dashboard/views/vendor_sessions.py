"""What a vendor itself says of one session: stored with its row, and asked for on demand; and starting a session."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.audit import Action, clean, record
from dashboard.boards.records import detail_parts, record_parts, safe_link
from dashboard.live.registry import KEY_LIMIT
from dashboard.live.vista import may_read
from dashboard.middleware import is_part
from dashboard.models import VendorRecord
from dashboard.once import Outcome, Unknown, do_once, is_key
from dashboard.permission import SignedInRequest, require
from dashboard.roles import Right
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


@login_required
@require_safe
def show_vendor_details(request: HttpRequest) -> HttpResponse:
    """Ask the vendor for more about a session, and show that, or why there is nothing to show.

    The vendor is waited for; the page that holds the session does not wait for this request.
    """
    key = clean(request.GET.get("key", ""), KEY_LIMIT)
    session = VendorSession.objects.filter(key=key).first()
    if session is None or not may_read(request, key):
        raise Http404
    parts, problem = fetch_details(session)
    context = {"page": "combined", "key": key, "vendor": session.vendor, "parts": parts, "problem": problem}
    return render(request, "parts/_vendor_details.html" if is_part(request) else "pages/vendor-details.html", context)


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


@require(Right.START_SESSION)
@require_POST
def start_session(request: SignedInRequest) -> HttpResponse:
    """Create a session at a vendor, and show its start link and support key; who did so is written down.

    Once for each form: sent again, it gets what came of the first time.
    """
    account, key = find_account(request.POST.get("source", ""), Capability.START), request.POST.get("once", "")
    if account is None:
        return refuse_start(request, "No session was started: there is no such source, or it is switched off.")
    if not is_key(key):
        return refuse_start(request, "No session was started: the page was out of date. It is new now, try again.")
    try:
        outcome = do_once(f"started:{request.user.pk}:{account.name}:{key}", lambda: start_at(account))
    except Unknown:
        return refuse_start(
            request, "A session was asked for already, and whether one was started is not known. Look here first."
        )
    if "error" in outcome:
        return refuse_start(request, outcome["error"])
    return render(request, "pages/session-started.html", {"page": "combined", **outcome})


def refuse_start(request: HttpRequest, words: str) -> HttpResponse:
    """Say why there is no new session to show, above the list of all."""
    messages.error(request, words)
    return redirect("combined")


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
