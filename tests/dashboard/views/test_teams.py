"""The page of the teams: who may edit them, what is stored, what is refused, what is recorded."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard.models import AuditEntry, Person, Team
from dashboard.permission import give_role
from dashboard.roles import LEAD, MANAGER, VIEWER
from realtime.models import KnownQueue

pytestmark = pytest.mark.django_db
HOSTILE = '<img src=x onerror=alert(1)>"{{ x }}'


def log_in(role: str, **client: bool) -> Client:
    """Return the browser of somebody with a role."""
    user = User.objects.create(username=f"a {role}")
    give_role(user, role)
    browser = Client(**client)  # type: ignore[arg-type]
    browser.force_login(user)
    return browser


@pytest.fixture
def queue() -> KnownQueue:
    """A queue that was seen."""
    return KnownQueue.objects.create(key="helpdesk:team/7", source="helpdesk", name=HOSTILE)


@pytest.mark.parametrize("role", [LEAD, VIEWER])
def test_only_who_may_edits_teams(role: str) -> None:
    team = Team.objects.create(name="Night")
    browser = log_in(role)
    for path in (reverse("teams"), reverse("new-team"), reverse("team", args=[team.pk])):
        assert browser.get(path).status_code == 403
    assert browser.post(reverse("team", args=[team.pk]), {"name": "Day"}).status_code == 403
    assert browser.post(reverse("delete-team", args=[team.pk])).status_code == 403
    assert Team.objects.get().name == "Night"


def test_changes_need_the_token() -> None:
    team = Team.objects.create(name="Night")
    browser = log_in(MANAGER, enforce_csrf_checks=True)
    for path in (reverse("new-team"), reverse("team", args=[team.pk]), reverse("delete-team", args=[team.pk])):
        assert browser.post(path, {"name": "Day"}).status_code == 403


def test_team_is_made_changed_and_deleted_and_each_is_recorded(queue: KnownQueue) -> None:
    browser, member, person = log_in(MANAGER), User.objects.create(username="eva"), Person.objects.create(name="Eva")
    posted = {
        "name": "Night",
        "queues": [queue.key],
        "members": [member.pk],
        "people": [person.pk],
        "customers": "hidden",
    }
    page = browser.post(reverse("new-team"), posted, follow=True).content.decode()
    team = Team.objects.get()
    assert (team.queues, list(team.members.all()), list(team.people.all())) == ([queue.key], [member], [person])
    assert "Night: saved" in page
    assert "Customers, to its viewers: Hidden; not what sessions are about" in page
    assert HOSTILE not in page
    assert "&lt;img src=x" in page

    form = browser.get(reverse("team", args=[team.pk])).content.decode()
    assert form.count("checked") == 4
    assert team.customers == "hidden"
    browser.post(reverse("team", args=[team.pk]), {"name": "Day", "customers": "initialled"})
    assert Team.objects.get().queues == []

    browser.post(reverse("delete-team", args=[team.pk]))
    assert not Team.objects.exists()
    entries = AuditEntry.objects.filter(target__in=["Night", "Day"]).order_by("pk")
    assert [(entry.action, entry.target) for entry in entries] == [
        ("team changed", "Night"),
        ("team changed", "Day"),
        ("team deleted", "Day"),
    ]
    told = {"queues": [queue.key], "customers": "hidden", "people": ["Eva"], "members": ["eva"]}
    assert entries[0].detail == told
    assert entries[1].detail == {"queues": [], "customers": "initialled", "people": [], "members": []}


def test_a_team_s_name_turns_nothing_around() -> None:
    log_in(MANAGER).post(reverse("new-team"), {"name": " \u202eNight\n\x07shift ", "customers": "shown"})
    assert Team.objects.get().name == "Night shift"


def test_queues_of_several_appliances_are_told_apart(queue: KnownQueue) -> None:
    KnownQueue.objects.create(key="north:team/7", source="north", name="Night desk")
    browser = log_in(MANAGER)

    for path in (reverse("new-team"), reverse("targets")):
        assert "Night desk (north)" in browser.get(path).content.decode()
    queue.delete()
    assert "(north)" not in browser.get(reverse("new-team")).content.decode()


def test_queue_that_is_gone_stays_with_its_team(queue: KnownQueue) -> None:
    team = Team.objects.create(name="Night", queues=[queue.key])
    queue.delete()
    browser = log_in(MANAGER)
    assert "helpdesk:team/7 (not seen any more)" in browser.get(reverse("teams")).content.decode()
    browser.post(
        reverse("team", args=[team.pk]), {"name": "Night", "queues": ["helpdesk:team/7"], "customers": "shown"}
    )
    assert Team.objects.get().queues == ["helpdesk:team/7"]


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"name": ""}, "Give the team a name."),
        ({"name": "\u200b\u202e"}, "Give the team a name."),
        ({"name": "\u202eTaken"}, "There is already a team of this name."),
        ({"name": "Taken"}, "There is already a team of this name."),
        ({"name": "x" * 61}, "more than 60 characters"),
        ({"name": "New", "queues": ["made up"]}, "made up"),
        ({"name": "New", "members": ["999"]}, "999"),
        ({"name": "New", "members": [str(2**63)]}, "Select a valid choice"),
        ({"name": "New", "people": ["9" * 5000]}, "Select a valid choice"),
        ({"name": "New"}, "Say what viewers see of customers."),
        ({"name": "New", "customers": "all of it"}, "all of it"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(posted: dict[str, object], sentence: str) -> None:
    Team.objects.create(name="Taken")
    page = log_in(MANAGER).post(reverse("new-team"), posted).content.decode()
    assert sentence in page
    assert Team.objects.count() == 1
