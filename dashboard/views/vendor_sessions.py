"""What a vendor itself says of one session, asked for on demand; and starting a session."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.audit import clean
from dashboard.live.registry import KEY_LIMIT
from dashboard.live.vista import may_read
from dashboard.middleware import is_part
from dashboard.on_demand import fetch_details, find_account, start_at
from dashboard.once import Unknown, do_once, is_key
from dashboard.permission import SignedInRequest, require
from dashboard.roles import Right
from dashboard.vendors.base import Capability
from realtime.models import VendorSession


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
