"""Parts of the sign-in and account pages: fields, the departure board, the provider of single sign-on."""

from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.urls import reverse
from django.utils.http import urlencode

from dashboard.accounts.browsers import browser_words
from dashboard.accounts.oidc import PROVIDER_ID

register = template.Library()

FLAPS = ("WHO IS WAITING", "SINCE WHEN", "WHO CAN TAKE IT", "WHO IS WITH THEM", "NOW")
FLAP_COUNT = 17


@register.inclusion_tag("parts/_field.html")
def field(bound: BoundField, label: str = "", hint: str = "", **attributes: str) -> dict[str, Any]:
    """Show a form's field in our look, with its errors. `attributes` go to the input, `_` standing for `-`."""
    described = [f"{bound.id_for_label}-hint"] if hint else []
    given: dict[str, Any] = {name.replace("_", "-"): value for name, value in attributes.items()} | {"class": "input"}
    given["placeholder"] = False
    if bound.errors:
        described.append(f"{bound.id_for_label}-error")
        given["aria-invalid"] = "true"
    if described:
        given["aria-describedby"] = " ".join(described)
    return {"input": bound.as_widget(attrs=given), "bound": bound, "label": label or bound.label, "hint": hint}


@register.inclusion_tag("parts/_flaps.html")
def flaps() -> dict[str, Any]:
    """Show the departure board beside the sign-in."""
    return {"lines": [line.ljust(FLAP_COUNT) for line in FLAPS]}


@register.simple_tag(takes_context=True)
def sso(context: template.Context) -> dict[str, str] | None:
    """Return name and address of single sign-on, None where there is none."""
    if settings.OIDC is None:
        return None
    address = reverse("openid_connect_login", kwargs={"provider_id": PROVIDER_ID})
    following = context.get("redirect_field_value") or ""
    return {
        "name": settings.OIDC.name,
        "address": f"{address}?{urlencode({'next': following})}" if following else address,
    }


register.filter("browser", browser_words)


@register.filter
def said(value: Any) -> str:
    """Return a part of an audit entry's details as text."""
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case None | "":
            return "nothing"
        case {"from": before, "to": after}:
            return f"{said(before)} → {said(after)}"
        case dict():
            return ", ".join(f"{name}: {said(one)}" for name, one in value.items())
        case list():
            return ", ".join(map(said, value)) or "none"
        case _:
            return str(value)
