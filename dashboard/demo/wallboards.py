"""The wallboards that a demo begins with, so that a newcomer sees one at once."""

from django.contrib.auth.models import User

from dashboard.models import Wallboard
from dashboard.wallboards import stored
from dashboard.wallboards.templates import TEMPLATES

READY = ("queue", "floor")


def create_wallboards(username: str) -> None:
    """Make them of their templates, in somebody's name, unless there are wallboards. Nothing runs yet."""
    if Wallboard.objects.exists():
        return
    maker = User.objects.get(username=username)
    for template in READY:
        stored.create(maker, TEMPLATES[template].wallboard)
