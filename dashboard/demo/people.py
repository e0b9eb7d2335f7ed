"""The people who can log in to a demo."""

import secrets

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

USERNAMES = ("manager", "lead", "viewer")  # the first may act on sources
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def invent_password() -> str:
    """Return a password that a person can copy by eye: 75 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(3))


def create_people(password: str) -> None:
    """Create the demo's users, or give them the new password."""
    people = get_user_model()
    rows = [
        people(username=username, password=make_password(password), is_staff=username == USERNAMES[0])
        for username in USERNAMES
    ]
    people._default_manager.bulk_create(  # sends no signals: no process runs yet that had to be told
        rows, update_conflicts=True, unique_fields=["username"], update_fields=["password", "is_staff", "is_active"]
    )
