"""The page on which somebody confirms the code that a screen shows."""

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.address import request_address
from dashboard.displays.codes import grouped, read_code
from dashboard.displays.forms import NAME_TAKEN, CodeForm, TermsForm
from dashboard.displays.pairing import PairingRefused, confirm, find_typed
from dashboard.models.display import PairingCode
from dashboard.permission import SignedInRequest, require
from dashboard.roles import Right

CODE_PAGE = "display/pair-code.html"
TERMS_PAGE = "display/pair-terms.html"


@require(Right.PAIR_DISPLAYS)
@require_http_methods(["GET", "HEAD", "POST"])
def pair_display(request: SignedInRequest) -> HttpResponse:
    """Ask for a code; then what its screen shall be; then make it that.

    A code in the address, as a phone scans it, only fills the form in: a look-up is a guess, and wants our token.
    """
    if request.method != "POST":
        typed = grouped(read_code(request.GET.get("code", "")) or "")
        return render(request, CODE_PAGE, {"page": "displays", "form": CodeForm(initial={"code": typed})})
    code = CodeForm(request.POST)
    if not code.is_valid():
        return render(request, CODE_PAGE, {"page": "displays", "form": code}, status=422)
    try:
        waiting = find_typed(code.cleaned_data["code"], request.user, request_address(request))
        return ask_terms(request, waiting, code.cleaned_data["code"])
    except PairingRefused as error:
        code.add_error("code", str(error))
        return render(request, CODE_PAGE, {"page": "displays", "form": code}, status=422)


def ask_terms(request: SignedInRequest, waiting: PairingCode, typed: str) -> HttpResponse:
    """Ask what a waiting screen shall be; once that is told, make it that. Raises PairingRefused."""
    is_told = "name" in request.POST
    form = TermsForm(request.POST if is_told else None)
    if is_told and form.is_valid():
        try:
            display = confirm(waiting, form.terms(), request.user)
        except IntegrityError:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, f"{display.name}: connected. The screen follows within 5 seconds.")
            return redirect("displays")
    context = {"page": "displays", "form": form, "waiting": waiting, "code": grouped(read_code(typed) or "")}
    return render(request, TERMS_PAGE, context | {"today": timezone.now()}, status=422 if is_told else 200)
