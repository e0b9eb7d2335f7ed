"""The page of the displays: what each shows, how it is, and what can be done about it from afar."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.audit import Action, record
from dashboard.build import build
from dashboard.displays.cards import Card, card_of
from dashboard.displays.forms import MINUTES, NAME_TAKEN, MessageForm, TermsForm
from dashboard.live.screens import Order, give_order
from dashboard.live.signals import ring_all
from dashboard.models.display import NAME_LIMIT, NOTE_LIMIT, Display
from dashboard.models.wallboard import Wallboard
from dashboard.permission import require
from dashboard.roles import Right
from dashboard.views.posted import read_pk


def current() -> QuerySet[Display]:
    """Return the displays that were not taken away."""
    return Display.objects.filter(revoked_at=None).select_related("wallboard", "paired_by")


def cards_at(now: datetime) -> list[Card]:
    """Return what the page says of each display at a moment."""
    return [card_of(display, now, build()) for display in current()]


@require(Right.PAIR_DISPLAYS)
@require_safe
def show_displays(request: HttpRequest) -> HttpResponse:
    """List the displays."""
    now = timezone.now()
    context = {
        "page": "displays",
        "now": now,
        "cards": cards_at(now),
        "wallboards": Wallboard.objects.order_by("name", "pk"),
        "minutes": MINUTES,
        "note_limit": NOTE_LIMIT,
    }
    return render(request, "pages/displays.html", context)


@require(Right.PAIR_DISPLAYS)
@require_safe
def show_display_facts(request: HttpRequest) -> HttpResponse:
    """Show how the displays are, for a page that is open."""
    now = timezone.now()
    return render(request, "parts/_display_facts_all.html", {"cards": cards_at(now), "now": now})


@require(Right.PAIR_DISPLAYS)
@require_http_methods(["GET", "HEAD", "POST"])
def change_display(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a display's form, or store it: its screen follows at once."""
    display = get_object_or_404(current(), pk=pk)
    form = TermsForm(request.POST if request.method == "POST" else None, display)
    if request.method == "POST" and form.is_valid():
        try:
            keep_terms(display, form)
        except IntegrityError:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, f"{display.name}: saved. The screen follows at once.")
            return redirect("displays")
    context = {"page": "displays", "form": form, "display": display, "name_limit": NAME_LIMIT}
    return render(request, "display/change.html", context, status=422 if form.is_bound else 200)


def keep_terms(display: Display, form: TermsForm) -> None:
    """Store what a display is from now on, and tell its screen."""
    before, terms = described(display), form.terms()
    display.name, display.wallboard = terms.name, terms.wallboard
    display.expires_at, display.networks = terms.expires_at, list(terms.networks)
    display.save(update_fields=["name", "wallboard", "expires_at", "networks"])
    after = described(display)
    changes = {name: {"from": before[name], "to": after[name]} for name in after if after[name] != before[name]}
    record(Action.DISPLAY_CHANGED, display, detail=changes)
    follow(display)


def described(display: Display) -> dict[str, Any]:
    """Return what a display is, for the audit log."""
    return {
        "name": display.name,
        "wallboard": str(display.wallboard or ""),
        "until": display.expires_at.isoformat() if display.expires_at else "",
        "ranges": list(display.networks),
    }


def follow(display: Display) -> None:
    """Have a display's screen follow what was changed here."""
    ring_all()
    give_order(display, Order.LOOK)


@require(Right.PAIR_DISPLAYS)
@require_POST
def switch_wallboard(request: HttpRequest, pk: int) -> HttpResponse:
    """Show another wallboard on a display."""
    display = get_object_or_404(current(), pk=pk)
    chosen = request.POST.get("wallboard", "")
    wallboard = get_object_or_404(Wallboard, pk=read_pk(chosen)) if chosen else None
    before, display.wallboard = display.wallboard, wallboard
    display.save(update_fields=["wallboard"])
    detail = {"wallboard": {"from": str(before or ""), "to": str(wallboard or "")}}
    record(Action.DISPLAY_CHANGED, display, detail=detail)
    follow(display)
    messages.success(request, f"{display.name}: shows {wallboard or 'no wallboard'} from now on.")
    return redirect("displays")


@require(Right.PAIR_DISPLAYS)
@require_POST
def order_display(request: HttpRequest, pk: int, order: str) -> HttpResponse:
    """Have a display show its name, or load its page anew."""
    display = get_object_or_404(current(), pk=pk)
    record(Action.DISPLAY_ORDERED, display, detail={"order": order})
    give_order(display, Order(order))
    if reason := why_deaf(display):
        messages.warning(request, f"{display.name}: {reason}, so it will not notice.")
    elif order == Order.IDENTIFY:
        messages.success(request, f"{display.name}: shows its name for 10 seconds.")
    else:
        messages.success(request, f"{display.name}: loads its page anew.")
    return redirect("displays")


def why_deaf(display: Display) -> str:
    """Return why a display does nothing of what it is told now, "" where it does."""
    if not display.is_connected(timezone.now()):
        return "the screen is not connected"
    return "" if display.wallboard else "the screen has no wallboard yet"


@require(Right.PAIR_DISPLAYS)
@require_POST
def send_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a message on a display for some time, or take the last away."""
    display = get_object_or_404(current(), pk=pk)
    form = MessageForm(request.POST)
    if not form.is_valid():
        reasons = [str(reason) for reasons in form.errors.values() for reason in reasons]
        messages.error(request, f"{display.name}: {' '.join(reasons)}")
        return redirect("displays")
    text, minutes = form.cleaned_data["text"], form.cleaned_data["minutes"]
    display.note, display.note_until = text, ends_at(text, minutes)
    display.save(update_fields=["note", "note_until"])
    record(Action.DISPLAY_CHANGED, display, detail={"message": text, "minutes": minutes if text else 0})
    give_order(display, Order.LOOK)
    if text and (reason := why_deaf(display)):
        messages.warning(request, f"{display.name}: the message is kept {MINUTES[minutes]}, but {reason}.")
    else:
        shown = f"shows the message {MINUTES[minutes]}" if text else "shows no message any more"
        messages.success(request, f"{display.name}: {shown}.")
    return redirect("displays")


def ends_at(text: str, minutes: int) -> datetime | None:
    """Return until when a message is shown; None for no message."""
    return timezone.now() + timedelta(minutes=minutes) if text else None


@require(Right.PAIR_DISPLAYS)
@require_POST
def revoke_display(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a display its token away: its screen goes blank at once."""
    display = get_object_or_404(current(), pk=pk)
    display.revoked_at = timezone.now()
    display.save(update_fields=["revoked_at"])
    record(Action.DISPLAY_REVOKED, display, detail=described(display))
    ring_all()
    messages.success(request, f"{display.name}: disconnected. Its screen goes blank within 5 seconds.")
    return redirect("displays")
