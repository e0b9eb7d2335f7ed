"""What a screen on a wall loads: its code until somebody pairs it, then its wallboard. No login, only its cookies."""

from enum import StrEnum

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard.address import request_address
from dashboard.displays.codes import code_of, grouped
from dashboard.displays.pairing import PairingRefused, begin, claim, find_waiting
from dashboard.displays.qr import draw
from dashboard.displays.tokens import SECRET, TOKEN, find_display, forget, keep_secret, keep_token, read_cookie
from dashboard.live.screens import standing_of
from dashboard.live.wall import wall_key
from dashboard.models.display import PAIRING_TIME, Display, PairingCode, Refusal
from dashboard.models.wallboard import Wallboard
from dashboard.views.wallboards import show_screen as show_wall
from dashboard.wallboards.reading import Wrong
from dashboard.wallboards.stored import definition_of

SOCKET_PATH = "/display/live/"


class State(StrEnum):
    """What a screen has to show. Its page asks for it again and again, and loads itself anew when it is another."""

    NONE = "none"
    CODE = "code"
    CONFIRMED = "confirmed"
    ELSEWHERE = "elsewhere"
    BLANK = "blank"
    WALLBOARD = "wallboard"


def state_of(display: Display | None, refusal: Refusal | None, waiting: PairingCode | None) -> State:
    """Return what a screen has to show."""
    if display is not None and refusal is Refusal.ELSEWHERE:
        return State.ELSEWHERE
    if display is not None and refusal is None:
        return State.WALLBOARD if display.wallboard_id else State.BLANK
    if waiting is None:
        return State.NONE
    return State.CONFIRMED if waiting.display_id else State.CODE


@require_safe
def show_screen(request: HttpRequest) -> HttpResponse:
    """Show a screen its wallboard, or how to pair it."""
    display, refusal = find_display(request)
    state = state_of(display, refusal, find_waiting(read_cookie(request, SECRET)))
    match state:
        case State.WALLBOARD if display is not None and display.wallboard is not None:
            response = show_wallboard_of(request, display, display.wallboard)
        case State.ELSEWHERE:
            context = {"state": state, "address": request_address(request)}
            return render(request, "display/elsewhere.html", context, status=403)
        case State.BLANK:
            response = render(request, "display/blank.html", {"state": state, "display": display})
        case _:
            return show_code(request, refusal)
    keep_token(response, read_cookie(request, TOKEN))
    return response


def show_wallboard_of(request: HttpRequest, display: Display, wallboard: Wallboard) -> HttpResponse:
    """Show a display its wallboard, or say why that cannot be."""
    try:
        definition = definition_of(wallboard)
    except Wrong:
        return render(request, "display/unreadable.html", {"state": State.WALLBOARD, "wallboard": wallboard})
    key, standing = wall_key(wallboard.slug), standing_of(display, timezone.now())
    more = {"socket_path": SOCKET_PATH, "standing": standing}
    return show_wall(request, key, definition, "display/wall.html", **more)


def show_code(request: HttpRequest, refusal: Refusal | None) -> HttpResponse:
    """Show the code of a screen that nobody has paired yet, or no longer; a new one when the last ran out."""
    secret = read_cookie(request, SECRET)
    waiting = find_waiting(secret)
    if waiting is None:
        try:
            secret = begin(request_address(request), request.headers.get("User-Agent", ""))
        except PairingRefused as error:
            return render(request, "display/refused.html", {"state": State.NONE, "reason": error}, status=429)
    code = code_of(secret)
    address = request.build_absolute_uri(reverse("pair-display"))
    left = waiting.expires_at - timezone.now() if waiting else PAIRING_TIME
    context = {
        "state": State.CODE,
        "groups": grouped(code).split("-"),
        "spoken": " ".join(code),
        "address": address.partition("://")[2],
        "drawing": draw(f"{address}?code={grouped(code)}"),
        "left": int(left.total_seconds()),
        "refusal": refusal,
    }
    response = render(request, "display/code.html", context)
    keep_secret(response, secret)
    if refusal is not None:
        forget(response, TOKEN)
    return response


@require_safe
def tell_state(request: HttpRequest) -> HttpResponse:
    """Tell a screen what it has to show; a token that stands is kept for longer, and one without a wallboard seen."""
    display, refusal = find_display(request)
    state = state_of(display, refusal, find_waiting(read_cookie(request, SECRET)))
    response = JsonResponse({"state": state})
    if display is not None and refusal is None:
        keep_token(response, read_cookie(request, TOKEN))
        if state is State.BLANK:
            display.note_asking(request_address(request), timezone.now())
    return response


@require_POST
def claim_token(request: HttpRequest) -> HttpResponse:
    """Give a screen the token of the display that it was made; once."""
    token = claim(read_cookie(request, SECRET))
    if token is None:
        return HttpResponse(status=410)
    response = HttpResponse(status=204)
    keep_token(response, token)
    forget(response, SECRET)
    return response
