"""A team: the queues and people it looks after, and the users who see them."""

from django.conf import settings
from django.db import models

from dashboard.models.person import Person
from dashboard.privacy import Privacy

NAME_LIMIT = 60  # characters


class Team(models.Model):
    """A part of the support center. Its members see its queues, whoever is logged in to these, and its people.

    `queues` holds lasting keys of known queues (`realtime.schema.KnownQueue`); a queue that is gone stays named.
    `customers` says what members without the right to see customers' names see of these.
    """

    name = models.CharField(max_length=NAME_LIMIT, unique=True)
    queues = models.JSONField(default=list, blank=True)
    people = models.ManyToManyField(Person, related_name="teams", blank=True)
    customers = models.CharField(
        max_length=12, choices=[(one.value, one.value) for one in Privacy], default=Privacy.INITIALLED.value
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)

    def __str__(self) -> str:
        return self.name
