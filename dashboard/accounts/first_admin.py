"""The first administrator: made from the environment, or by a one-time link that whoever runs the server opens."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from dashboard.audit import Action, record
from dashboard.models.one_time_link import OneTimeLink

COMMAND = "manage.py ensure_admin"


class AdminRefused(Exception):
    """There is no administrator now, and none can be made like this; the text says why and what to do."""


def has_admin() -> bool:
    """Say whether somebody can get into the administration: an active superuser with a password."""
    return any(user.has_usable_password() for user in User.objects.filter(is_superuser=True, is_active=True))


@transaction.atomic
def make_admin(username: str, password: str) -> User:
    """Make the administrator; without a password nobody can sign in as them until a link is used."""
    user = User.objects.filter(username=username).first()
    if user is not None and not user.is_superuser:
        raise AdminRefused(
            f"{username} is an account already, and no administrator. Set ADMIN_USERNAME to another name."
        )
    user = user or User(username=username, is_superuser=True)
    user.is_active = True
    if password:
        check_password(user, password)
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    return user


def check_password(user: User, password: str) -> None:
    """Refuse a password that a form would refuse."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AdminRefused(f"ADMIN_PASSWORD is not good enough. {' '.join(error.messages)}") from error


@transaction.atomic
def recover(username: str) -> User:
    """Take away somebody's second factors, lost with a phone; the password stays until a link is used."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise AdminRefused(f"There is no active account {username}.")
    Authenticator.objects.filter(user=user).delete()
    return user


def link_for(user: User, origin: str) -> str:
    """Return the address of a new one-time link."""
    address = origin + reverse("one-time-link", kwargs={"secret": OneTimeLink.make(user)})
    record(Action.LINK_MADE, user, actor=COMMAND)
    return address
