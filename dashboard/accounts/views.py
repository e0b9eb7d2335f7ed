"""Pages of accounts that are ours: the overview of one's own, single sign-on's edges, the one-time link."""

from collections.abc import Callable

import structlog
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core.internal.httpkit import authenticated_user
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from requests.exceptions import RequestException

from dashboard.audit import Action, record
from dashboard.models.one_time_link import OneTimeLink
from dashboard.permission import role_of

log = structlog.get_logger(__name__)


@login_required
@require_safe
def show_account(request: HttpRequest) -> HttpResponse:
    """Show who one is here, and what one can change about it."""
    user = authenticated_user(request)
    role = "Administrator" if user.is_superuser else role_of(user)
    return render(request, "account/overview.html", {"page": "account", "role": role})


@login_required
@require_safe
def show_no_password(request: HttpRequest) -> HttpResponse:
    """Say that an account has no password here, because it signs in by single sign-on."""
    return render(request, "account/no-password.html", {"page": "account"})


@require_safe
def begin_sso(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send somebody to the identity provider."""
    return ask_provider(openid_connect.login, request, provider_id)


@require_safe
def finish_sso(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take somebody back from the identity provider."""
    return ask_provider(openid_connect.callback, request, provider_id)


def ask_provider(view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str) -> HttpResponse:
    """Run a view of allauth's, and say so where the identity provider does not answer as it should."""
    try:
        return view(request, provider_id)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (RequestException, KeyError, ValueError, TypeError) as error:  # what it answered can be anything
        log.warning("single sign-on failed, the identity provider's answer is of no use", error=type(error).__name__)
        return render(request, "socialaccount/authentication_error.html", status=502)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def use_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Let the holder of a one-time link choose a password; that uses it up and signs the holder in."""
    link = OneTimeLink.find(secret)
    if link is None:
        return render(request, "account/link-spent.html", status=410)
    form = SetPasswordForm(link.user, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/link.html", {"form": form, "username": link.user.get_username()})
    if not OneTimeLink.consume(secret):
        return render(request, "account/link-spent.html", status=410)
    user = form.save()
    record(Action.LINK_USED, user, user=user, request=request)
    record_authentication(request, user, method="password")
    response: HttpResponse = perform_login(request, user, redirect_url=None)
    return response or redirect("home")
