"""Changes of accounts have the sockets checked, once for each transaction that is committed."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from dashboard.live import signals
from dashboard.operating.retention import prune_all

pytestmark = pytest.mark.django_db(transaction=True)


class Rings:
    """In the doorkeepers' place: counts."""

    def __init__(self) -> None:
        self.count = 0

    def tell(self, **_news: Any) -> None:
        """Count a ring."""
        self.count += 1


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> Rings:
    """What hears that sockets are to be checked."""
    rings = Rings()
    monkeypatch.setattr(signals, "CIRCLE", rings)
    return rings


def make_sessions(count: int) -> None:
    """Make web sessions that are over."""
    Session.objects.bulk_create(Session(session_key=f"s{n}", expire_date=timezone.now()) for n in range(count))


def change(name: str) -> None:
    """Switch an account off."""
    user, _is_new = User.objects.get_or_create(username=name)
    user.is_active = False
    user.save()


def test_many_changes_of_one_transaction_ring_once(rings: Rings) -> None:
    make_sessions(50)

    Session.objects.all().delete()
    assert rings.count == 1

    with transaction.atomic():
        for name in ("ada", "bob"):
            change(name)
        assert rings.count == 1
    assert rings.count == 2


def test_each_transaction_rings_for_itself(rings: Rings) -> None:
    for name in ("ada", "bob"):
        with transaction.atomic():
            change(name)

    assert rings.count == 2


def test_what_is_rolled_back_takes_no_other_change_s_ring_with_it(rings: Rings) -> None:
    class Broken(Exception):
        """A savepoint ends."""

    def break_off(name: str) -> None:
        with pytest.raises(Broken), transaction.atomic():
            change(name)
            raise Broken

    with transaction.atomic():
        break_off("ada")
        with transaction.atomic():
            change("bob")
        break_off("cleo")
    assert rings.count == 1

    with transaction.atomic():
        break_off("dora")
    assert rings.count == 1


def test_pruning_sessions_that_time_has_ended_rings_nobody(rings: Rings) -> None:
    make_sessions(50)

    assert prune_all([], timezone.now())["web sessions"] == 50

    assert (Session.objects.count(), rings.count) == (0, 0)


def test_a_group_that_is_renamed_or_deleted_rings(rings: Rings) -> None:
    group = Group.objects.create(name="Night")
    change("ada")
    User.objects.get(username="ada").groups.add(group)
    before = rings.count

    group.name = "Late"
    group.save()
    assert rings.count == before + 1
    group.delete()
    assert rings.count == before + 2
