"""The page of who is who: what is proposed is accepted, edited, split and undone, by operators only."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard.identities import load_people
from dashboard.models import Identity, IdentityEdit, Person
from realtime.models import Representative, VendorSession
from tests.services.valkey import ValkeyServer

HOSTILE = "<img src=x onerror=alert(1)>"
TC, SEEIT, BT = "remote:pat@example.com", "camera:pat@example.com", "helpdesk:pat"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


@pytest.fixture
def operator(valkey: ValkeyServer) -> Client:
    """Somebody who may act on everything, and sources that know one Pat under three names."""
    for source, login, name in (("remote", "pat@example.com", "Pat Doe"), ("camera", "Pat@Example.com", None)):
        VendorSession.objects.create(key=f"{source}:1", source=source, technician_email=login, technician=name)
        VendorSession.objects.create(key=f"{source}:2", source=source, technician_email=login, technician=name)
    Representative.objects.create(key="helpdesk:1", source="helpdesk", username="pat", private_display_name="PAT DOE")
    return log_in("ingrid", is_superuser=True, is_staff=True)


def log_in(username: str, **fields: bool) -> Client:
    """Return somebody's browser."""
    client = Client()
    client.force_login(User.objects.create(username=username, **fields))
    return client


def post(client: Client, address: str, /, **fields: object) -> str:
    """Send a form and return the page that follows."""
    return client.post(reverse(address), fields, follow=True).content.decode()


def names() -> dict[str, str]:
    """Return the map."""
    return {handle: person.name for handle, person in load_people().by_handle.items()}


def test_a_proposal_is_accepted_and_the_next_one_takes_its_person(operator: Client) -> None:
    page = operator.get(reverse("people")).content.decode()
    assert "same e-mail address" in page
    assert "Pat Doe is Pat Doe in remote" not in page

    assert "Done: " in post(operator, "accept-proposal", handle=[TC, SEEIT], name="  Pat\n Doe ")
    assert names() == {TC: "Pat Doe", SEEIT: "Pat Doe"}
    person = Person.objects.get()
    page = operator.get(reverse("people")).content.decode()
    assert "same name, one of them is in the map" in page
    post(operator, "accept-proposal", handle=[TC, BT], person=person.key)

    assert names() == {TC: "Pat Doe", SEEIT: "Pat Doe", BT: "Pat Doe"}
    assert Person.objects.count() == 1


def test_what_is_split_goes_alone_and_is_not_proposed_again(operator: Client) -> None:
    post(operator, "accept-proposal", handle=[TC, SEEIT], name="Pat")
    post(operator, "split-identity", handle=SEEIT)

    assert names() == {TC: "Pat"}
    assert "same e-mail address" not in operator.get(reverse("people")).content.decode()


def test_not_one_person_is_not_proposed_again_until_undone(operator: Client) -> None:
    post(operator, "decline-proposal", handle=[TC, SEEIT])
    assert "same e-mail address" not in operator.get(reverse("people")).content.decode()

    post(operator, "undo-edit", edit=IdentityEdit.objects.get().pk)
    assert "same e-mail address" in operator.get(reverse("people")).content.decode()


def test_every_edit_can_be_undone_in_turn(operator: Client) -> None:
    post(operator, "accept-proposal", handle=[TC, SEEIT], name="Pat")
    post(operator, "rename-person", person=Person.objects.get().pk, name="Patricia")
    post(operator, "split-identity", handle=SEEIT)
    accepted, renamed, split = IdentityEdit.objects.order_by("pk")

    assert "changed since" in post(operator, "undo-edit", edit=accepted.pk)
    post(operator, "undo-edit", edit=split.pk)
    assert names() == {TC: "Patricia", SEEIT: "Patricia"}
    post(operator, "undo-edit", edit=renamed.pk)
    assert names() == {TC: "Pat", SEEIT: "Pat"}
    post(operator, "undo-edit", edit=accepted.pk)
    assert names() == {}
    assert not Person.objects.exists()
    assert "undone already" in post(operator, "undo-edit", edit=accepted.pk)


def test_a_person_who_lost_all_names_comes_back_by_undoing(operator: Client) -> None:
    post(operator, "accept-proposal", handle=[TC], name="Pat")
    post(operator, "split-identity", handle=TC)
    assert not Person.objects.exists()

    post(operator, "undo-edit", edit=IdentityEdit.objects.first().pk)  # type: ignore[union-attr]

    assert names() == {TC: "Pat"}


def test_a_person_s_name_turns_nothing_around_and_keeps_its_joiners(operator: Client) -> None:
    post(operator, "accept-proposal", handle=[TC], name="\u202ePat\n\u2066 श्री\u200cमान")
    assert names() == {TC: "Pat श्री\u200cमान"}
    assert "Give the person a name" in post(operator, "rename-person", person=Person.objects.get().pk, name="\u200d")


def test_what_makes_no_sense_changes_nothing(operator: Client) -> None:
    assert "Choose at least one name" in post(operator, "accept-proposal", handle=["nobody:at-all"], name="X")
    assert "no longer in the map" in post(operator, "accept-proposal", handle=[TC], person="99999")
    assert "no longer in the map" in post(operator, "rename-person", person="x", name="Pat")
    assert "Give the person a name" in post(operator, "rename-person", person="1", name=" \n")
    assert "belongs to nobody" in post(operator, "split-identity", handle=TC)
    assert "undone already" in post(operator, "undo-edit", edit="1e9")
    assert not IdentityEdit.objects.exists()


def test_names_are_only_text(operator: Client) -> None:
    VendorSession.objects.create(key="remote:3", source="remote", technician=HOSTILE)
    VendorSession.objects.create(key="phones:3", source="phones", technician=HOSTILE)
    page = operator.get(reverse("people")).content.decode()
    post(operator, "accept-proposal", handle=[f"remote:{HOSTILE}", f"phones:{HOSTILE}"], name=HOSTILE)
    after = operator.get(reverse("people")).content.decode()

    assert Identity.objects.count() == 2
    for shown in (page, after):
        assert "<img" not in shown
        assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_only_operators_see_and_act(operator: Client) -> None:
    viewer = log_in("viewer")
    assert 'href="/people/"' not in viewer.get(reverse("saved-views")).content.decode()
    assert 'href="/people/"' in operator.get(reverse("saved-views")).content.decode()
    for name in ("people", "accept-proposal", "decline-proposal", "rename-person", "split-identity", "undo-edit"):
        assert viewer.post(reverse(name), {"handle": TC}).status_code == 403
        assert Client().post(reverse(name)).status_code == 302
    assert not IdentityEdit.objects.exists()


def test_a_form_without_its_token_is_refused(operator: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ingrid"))

    assert strict.post(reverse("accept-proposal"), {"handle": TC}).status_code == 403
