"""`manage.py ensure_admin`: see to it that there is an administrator. It may run at every start."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from dashboard.accounts.first_admin import AdminRefused, has_admin, link_for, make_admin, recover
from dashboard.environment import read_secret, read_text


class Command(BaseCommand):
    """Parses, and says what was done."""

    help = "Make the first administrator: with ADMIN_PASSWORD, else by a one-time link that is printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom to let in again."""
        parser.add_argument(
            "--recover", metavar="NAME", help="take away NAME's second factors and print a one-time link"
        )

    def handle(self, *_args: Any, recover: str | None = None, **_options: Any) -> None:
        """Do what is needed, which is mostly nothing."""
        try:
            self.stdout.write(self.let_in(recover) if recover else self.ensure())
        except AdminRefused as error:
            raise CommandError(str(error)) from error

    def let_in(self, username: str) -> str:
        """Let somebody in again who lost password or second factor."""
        return invitation(link_for(recover(username), settings.ORIGINS[0]))

    def ensure(self) -> str:
        """Make the administrator unless there is one."""
        if has_admin():
            return "There is an administrator. Nothing was changed."
        password = read_secret("ADMIN_PASSWORD")
        user = make_admin(read_text("ADMIN_USERNAME", "admin"), password)
        if password:
            return f"The administrator {user.get_username()} was made, with the password of ADMIN_PASSWORD."
        return invitation(link_for(user, settings.ORIGINS[0]))


def invitation(address: str) -> str:
    """Return what to do with a link."""
    return f"Open this once, within an hour, to choose a password and sign in:\n\n  {address}\n"
