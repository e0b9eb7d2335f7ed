"""How much of today was watched, from the mirror's samples."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.boards.clock import day_bounds
from dashboard.boards.history import Watched
from dashboard.history import load_history
from realtime.models import Sample
from realtime.sampling import minute_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(settings: Settings) -> None:
    """Let it be noon where the site is, so that its day has begun for sure and is not over soon."""
    ahead = (12 - timezone.now().hour) % 24
    settings.TIME_ZONE = f"Etc/GMT{'-' if ahead <= 12 else '+'}{ahead if ahead <= 12 else 24 - ahead}"


def test_the_day_is_told_from_its_first_minute_to_the_last_that_is_over(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    begins = minute_of(day_bounds(timezone.now(), settings.TIME_ZONE)[0])
    this_minute = minute_of(timezone.now())
    for minute in (begins - 1, begins + 5, begins + 6, begins + 9, *range(begins + 11, this_minute + 1)):
        Sample.objects.create(source="desk", minute=minute, waits={})
    Sample.objects.create(source="late", minute=this_minute - 30, waits={})
    Sample.objects.create(source="new", minute=this_minute, waits={})
    Sample.objects.create(source="yesterday", minute=begins - 10, waits={})

    with django_assert_num_queries(2):
        watched = load_history().watched

    assert set(watched) == {"desk", "late", "new"}
    assert watched["desk"] == Watched(begins + 5, 3)  # the two before the ninth, and the one after it
    assert abs(watched["late"].missed - 29) <= 1  # a minute may have passed meanwhile
    assert watched["new"] == Watched(this_minute, 0)


def test_the_day_is_the_sites(settings: Settings) -> None:
    begins, ends = day_bounds(timezone.now(), settings.TIME_ZONE)
    Sample.objects.create(source="desk", minute=minute_of(begins - timedelta(minutes=1)), waits={})
    assert (ends - begins, load_history().watched) == (timedelta(days=1), {})
