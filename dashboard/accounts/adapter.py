"""What django-allauth asks us: who may have an account, what happens at a sign-in, how secrets are stored."""

import base64
import secrets
from typing import Any, ClassVar, NoReturn, cast

import requests
import structlog
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.accounts.oidc import OidcSettings, claimed_role, trusted_claims
from dashboard.address import request_address
from dashboard.audit import Action, record
from dashboard.permission import give_role
from realtime.cipher import cipher_of

log = structlog.get_logger(__name__)

NAME_LIMIT = 150
SECOND_FACTOR = "second factor"
SIGN_IN_WORDS = {
    "username_password_mismatch": "User name and password do not match.",
    "too_many_login_attempts": "Too many failed tries. Wait five minutes, then try again.",
    "rate_limited": "Too many tries. Wait five minutes, then try again.",
    "incorrect_password": "That is not your password.",
    "enter_current_password": "That is not the password you have now.",
    "incorrect_code": "That code is wrong, too old, or was used already.",
}
REFUSALS = {
    "no role": "The identity provider knows you, but gives you no role here. Ask whoever looks after the accounts.",
    "bad claims": "The identity provider’s answer does not hold together, so it was not believed.",
    "connect": "An account that exists cannot be joined to single sign-on. Sign out, then sign in by single sign-on.",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Local accounts: nobody signs up, and no mail is sent."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultAccountAdapter.error_messages, **SIGN_IN_WORDS}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator, or by single sign-on (`SsoAdapter`)."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return what the list of sessions names; limits count by its network: of IPv6 by the /64, as everywhere."""
        return request_address(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record it. A name that nobody has is not kept: people type passwords into the wrong field."""
        name = str(credentials.get("username", ""))
        user = User.objects.filter(username__iexact=name).first()
        record(Action.SIGN_IN_FAILED, actor=user.username if user else "unknown name", request=request)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Record that somebody was sent away whose account is switched off."""
        record(Action.SIGN_IN_REFUSED, user=user, detail={"reason": "switched off"}, request=request)
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: there is no mail server."""


class SsoAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on: a role or no entry, and no joining of accounts by e-mail address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whoever has a role (`pre_social_login`) gets an account."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let nobody in without a role; whoever had one and lost it is signed out everywhere."""
        if sociallogin.state.get("process", "login") != "login":
            refuse(request, sociallogin, "connect")
        oidc = cast(OidcSettings, settings.OIDC)
        claims = trusted_claims(sociallogin.account.extra_data, oidc.client_id)
        if claims is None:
            refuse(request, sociallogin, "bad claims")
        role = claimed_role(oidc, claims)
        if sociallogin.is_existing:
            give_role(sociallogin.user, role)
        if role is None:
            end_sessions(sociallogin)
            refuse(request, sociallogin, "no role")
        sociallogin.state["role"] = role
        sociallogin.email_addresses = []  # they prove nothing here, and nothing is sent to them

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account; a name that is taken gets a number, it never becomes the other account."""
        user: User = sociallogin.user
        user.username = get_adapter().generate_unique_username([user.username, user.email, user.first_name, "user"])
        user.first_name, user.last_name = user.first_name[:NAME_LIMIT], user.last_name[:NAME_LIMIT]
        user.set_unusable_password()
        sociallogin.save(request)
        give_role(user, sociallogin.state["role"])
        return user

    def get_requests_session(self) -> requests.Session:
        """Return a session that follows no redirects: the provider's addresses are what its configuration says."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session


def refuse(request: HttpRequest, sociallogin: SocialLogin, reason: str) -> NoReturn:
    """Record the refusal and say why, instead of signing somebody in."""
    name = sociallogin.user.get_username() or str(sociallogin.account.uid)
    record(Action.SIGN_IN_REFUSED, actor=name, detail={"reason": reason, "by": "single sign-on"}, request=request)
    page = render(request, "socialaccount/refused.html", {"reason": REFUSALS[reason]}, status=403)
    raise ImmediateHttpResponse(page)


def end_sessions(sociallogin: SocialLogin) -> None:
    """Sign somebody out everywhere."""
    if sociallogin.is_existing:
        for session in UserSession.objects.filter(user=sociallogin.user):
            session.end()


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: sealed in the database, so that a copy of it alone is no second factor."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultMFAAdapter.error_messages, **SIGN_IN_WORDS}

    def get_totp_issuer(self) -> str:
        """Return the name that authenticator apps show."""
        return "Support center"

    def encrypt(self, text: str) -> str:
        """Return a secret sealed."""
        return cipher_of(SECOND_FACTOR).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a sealed secret; one sealed under another SECRET_KEY is lost, and no code shall ever fit it."""
        try:
            return cipher_of(SECOND_FACTOR).decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.warning("a second factor cannot be read: SECRET_KEY is another one than when it was added")
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return whom a security key is told it belongs to."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Support center"}


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """The list of one's own sessions."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        """Sign the others out and record it."""
        super().end_sessions(sessions)
        record(Action.SESSIONS_ENDED, detail={"count": len(sessions)})
