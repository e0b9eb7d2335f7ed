"""The people who can sign in to a demo."""

import secrets

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from dashboard.roles import ROLE_WORDS

USERNAMES = tuple(ROLE_WORDS)
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def invent_password() -> str:
    """Return a password that a person can copy by eye: 75 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(3))


def create_people(password: str) -> None:
    """Create the demo's users in their roles, or give them the new password. Nothing runs yet that had to be told."""
    rows = [User(username=username, password=make_password(password)) for username in USERNAMES]
    User.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["username"], update_fields=["password", "is_active"]
    )
    groups = {group.name: group for group in Group.objects.filter(name__in=ROLE_WORDS.values())}
    membership = User.groups.through
    membership._default_manager.bulk_create(
        [
            membership(user_id=user.pk, group_id=groups[ROLE_WORDS[user.username]].pk)
            for user in User.objects.filter(username__in=USERNAMES)
        ],
        ignore_conflicts=True,
    )
