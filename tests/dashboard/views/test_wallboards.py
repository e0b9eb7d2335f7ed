"""Wallboards' pages: who may do what, what a form's fields come to, and that hostile names stay text."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard.audit import Action
from dashboard.models import AuditEntry, Wallboard
from dashboard.permission import give_role
from dashboard.privacy import Privacy
from dashboard.roles import LEAD, MANAGER, VIEWER
from dashboard.wallboards import stored
from dashboard.wallboards.templates import TEMPLATES
from dashboard.wallboards.writing import dump, to_toml
from realtime.models import KnownQueue

HOSTILE = '<img src=x onerror="alert(1)">'

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("valkey")]


def signed_in(role: str | None, *, checks_csrf: bool = False) -> Client:
    """Return a browser of somebody with a role."""
    user, _ = User.objects.get_or_create(username=f"one {role}")
    give_role(user, role)
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client


@pytest.fixture
def manager() -> Client:
    """A browser of a manager."""
    return signed_in(MANAGER)


def make(template: str = "team") -> Wallboard:
    """Store a wallboard of a template."""
    user, _ = User.objects.get_or_create(username="maker")
    return stored.create(user, TEMPLATES[template].wallboard)


def texts(response: Any) -> str:
    """Return a page's HTML."""
    return str(response.content.decode())


class FormReader(HTMLParser):
    """Reads the fields of the editor's form as a browser would post them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._is_within = False
        self._menu = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take a field."""
        given = dict(attributes)
        if tag == "form":
            self._is_within = given.get("id") == "editor"
        name = given.get("name") or ""
        if not self._is_within:
            return
        if tag == "select":
            self._menu = name
        elif tag == "option" and "selected" in given:
            self.fields.setdefault(self._menu, []).append(given.get("value") or "")
        elif tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.fields.setdefault(name, []).append(given.get("value", "on") or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        self._is_within = self._is_within and tag != "form"


def fields_of(response: Any) -> dict[str, list[str]]:
    """Return the editor's fields as they would be posted."""
    reader = FormReader()
    reader.feed(texts(response))
    del reader.fields["csrfmiddlewaretoken"]
    return reader.fields


def edit_path(wallboard: Wallboard) -> str:
    """Return the address of an editor."""
    return f"/wallboards/{wallboard.slug}/edit/"


POSTS = ("new/", "import/", "{slug}/edit/", "{slug}/announce/", "{slug}/copy/", "{slug}/delete/")
EDITORS_PAGES = ("{slug}/edit/", "{slug}/preview/", "{slug}/export/")


@pytest.mark.parametrize("role", [LEAD, VIEWER, None])
def test_who_may_not_edit_sees_screens_only(role: str | None) -> None:
    wallboard, client = make(), signed_in(role)
    assert client.get("/wallboards/").status_code == client.get(f"/wallboards/{wallboard.slug}/").status_code == 200
    assert "/edit/" not in texts(client.get("/wallboards/"))
    for path in EDITORS_PAGES:
        assert client.get("/wallboards/" + path.format(slug=wallboard.slug)).status_code == 403
    for path in POSTS:
        assert client.post("/wallboards/" + path.format(slug=wallboard.slug)).status_code == 403
    assert Wallboard.objects.count() == 1


def test_strangers_are_sent_to_the_sign_in() -> None:
    wallboard, client = make(), Client()
    for path in ("", "{slug}/", *EDITORS_PAGES):
        assert client.get("/wallboards/" + path.format(slug=wallboard.slug)).status_code == 302


@pytest.mark.parametrize("path", POSTS)
def test_no_change_without_the_form_s_token(path: str) -> None:
    wallboard, client = make(), signed_in(MANAGER, checks_csrf=True)
    assert client.post("/wallboards/" + path.format(slug=wallboard.slug), {"template": "queue"}).status_code == 403
    assert Wallboard.objects.count() == 1


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_form_posts_back_what_it_shows(manager: Client, template: str) -> None:
    KnownQueue.objects.create(key="helpdesk:a", source="helpdesk", name="A")
    wallboard = make(template)
    shown = fields_of(manager.get(edit_path(wallboard)))
    response = manager.post(edit_path(wallboard), shown | {"do": "publish"})
    assert response.status_code == 302
    wallboard.refresh_from_db()
    assert wallboard.definition == dump(TEMPLATES[template].wallboard)
    assert wallboard.revision == 2


def test_a_change_is_a_draft_until_it_is_published(manager: Client) -> None:
    KnownQueue.objects.create(key="helpdesk:a", source="helpdesk", name="A")
    wallboard = make()
    before = wallboard.definition
    changed = fields_of(manager.get(edit_path(wallboard))) | {
        "name": [HOSTILE],
        "scope": ["some"],
        "queues": ["helpdesk:a"],
        "target:helpdesk:a": ["90"],
        "privacy:representatives": ["hidden"],
    }
    assert manager.post(edit_path(wallboard), changed).status_code == 200
    wallboard.refresh_from_db()
    assert wallboard.definition == before and wallboard.draft
    assert stored.load_wallboards()[stored.draft_name(wallboard.slug)].name == HOSTILE
    again = manager.get(edit_path(wallboard))
    assert fields_of(again) == changed
    assert HOSTILE not in texts(again)
    manager.post(edit_path(wallboard), changed | {"do": "publish"})
    wallboard.refresh_from_db()
    made = stored.definition_of(wallboard)
    assert (made.name, made.queues, made.targets) == (HOSTILE, ("helpdesk:a",), {"helpdesk:a": 90})
    assert made.representatives is Privacy.HIDDEN and wallboard.draft is None
    for path in (f"/wallboards/{wallboard.slug}/", "/wallboards/", edit_path(wallboard)):
        assert HOSTILE not in texts(manager.get(path))


def test_a_draft_can_be_thrown_away(manager: Client) -> None:
    wallboard = make()
    shown = fields_of(manager.get(edit_path(wallboard)))
    manager.post(edit_path(wallboard), shown | {"name": "Other"})
    manager.post(edit_path(wallboard), {"do": "discard"})
    wallboard.refresh_from_db()
    assert wallboard.draft is None
    assert fields_of(manager.get(edit_path(wallboard))) == shown


def test_mistakes_are_listed_and_what_was_typed_stays(manager: Client) -> None:
    wallboard = make()
    wrong = fields_of(manager.get(edit_path(wallboard))) | {"name": "", "page:1:seconds": "soon", "do": "publish"}
    response = manager.post(edit_path(wallboard), wrong)
    assert response.status_code == 422
    assert "<b>name</b>: Write something here." in texts(response)
    assert "<b>Page 1, seconds</b>: Write a whole number from 5 to 3600." in texts(response)
    assert fields_of(response)["page:1:seconds"] == ["soon"]
    wallboard.refresh_from_db()
    assert wallboard.revision == 1 and wallboard.draft is None


def test_nobody_publishes_over_what_they_did_not_see(manager: Client) -> None:
    wallboard = make()
    seen = fields_of(manager.get(edit_path(wallboard)))
    assert manager.post(edit_path(wallboard), seen | {"name": "First", "do": "publish"}).status_code == 302
    response = manager.post(edit_path(wallboard), seen | {"name": "Second", "do": "publish"})
    assert "Somebody else published this wallboard meanwhile" in texts(response)
    wallboard.refresh_from_db()
    assert wallboard.name == "First"


def test_buttons_add_move_and_remove(manager: Client) -> None:
    wallboard = make("queue")

    def press(do: str) -> str:
        shown = fields_of(manager.get(edit_path(wallboard)))
        return texts(manager.post(edit_path(wallboard), shown | {"do": do}))

    def pages() -> list[dict[str, Any]]:
        wallboard.refresh_from_db()
        values: dict[str, Any] = wallboard.draft or wallboard.definition
        return list(values["pages"])

    assert "There is no room on this page" in press("add-tile:1:clock")
    press("add-page")
    press("add-tile:2:queues")
    assert [tile["kind"] for tile in pages()[1]["tiles"]] == ["number", "queues"]
    press("tile:2:2:down")
    assert pages()[1]["tiles"][1]["row"] == 2
    assert "another tile, or the edge, is in the way" in press("tile:2:1:left")
    press("earlier-page:2")
    assert [page["name"] for page in pages()] == ["Page 2", "Queues"]
    press("remove-tile:1:2")
    assert len(pages()[0]["tiles"]) == 1
    assert "A page needs a tile" in press("remove-tile:1:1")
    press("remove-page:1")
    assert [page["name"] for page in pages()] == ["Queues"]
    assert "A wallboard needs a page" in press("remove-page:1")
    for unknown in ("tile:9:9:left", "tile:1:1:sideways", "remove-page:0", "add-tile:1:game", "", "x" * 99):
        press(unknown)
    assert [page["name"] for page in pages()] == ["Queues"]


@pytest.mark.parametrize(
    "name",
    [
        *("page", "privacy", "night", "threshold", "target", "tile", "page:1", "tile:1", "tile:1:1"),
        *("threshold:waiting", "threshold:waiting:warn:x", "page:1:name:x", "privacy:customers:x"),
        *(f"page:{'9' * 5000}:name", f"tile:1:{'9' * 5000}:kind", "tile:1:1:width"),
    ],
)
def test_no_field_breaks_the_editor(manager: Client, name: str) -> None:
    wallboard = make()
    shown = fields_of(manager.get(edit_path(wallboard)))
    for fields in (shown | {name: "9" * 5000}, {name: "x"}):
        form = urlencode(fields, doseq=True)
        response = manager.post(edit_path(wallboard), form, content_type="application/x-www-form-urlencoded")
        assert response.status_code in {200, 422}


def test_an_announcement_is_on_the_screen_at_once_and_as_text(manager: Client) -> None:
    wallboard = make()
    path = f"/wallboards/{wallboard.slug}/announce/"
    manager.post(path, {"text": HOSTILE, "until": "2126-03-11T19:10", "do": "announce"})
    screen = texts(manager.get(f"/wallboards/{wallboard.slug}/"))
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in screen and HOSTILE not in screen
    assert "19:10" in screen
    manager.post(path, {"text": "", "do": "announce"})
    assert "&lt;img src=x" in texts(manager.get(f"/wallboards/{wallboard.slug}/"))
    manager.post(path, {"do": "clear"})
    assert "&lt;img src=x" not in texts(manager.get(f"/wallboards/{wallboard.slug}/"))


def test_a_draft_can_be_published_in_place_of_what_nobody_can_read(manager: Client) -> None:
    wallboard = make()
    Wallboard.objects.update(draft=wallboard.definition, definition={"name": 7})
    editor = manager.get(edit_path(wallboard))
    assert editor.status_code == 200
    manager.post(edit_path(wallboard), fields_of(editor) | {"do": ["publish"]})
    assert Wallboard.objects.get().definition == wallboard.definition


def test_what_is_exported_is_imported(manager: Client) -> None:
    wallboard = make()
    exported = manager.get(f"/wallboards/{wallboard.slug}/export/")
    assert exported["Content-Disposition"] == 'attachment; filename="team-wall.toml"'
    file = SimpleUploadedFile("wall.toml", exported.content)
    assert manager.post("/wallboards/import/", {"file": file})["Location"] == "/wallboards/team-wall-2/edit/"
    assert manager.post("/wallboards/import/", {"text": to_toml(TEMPLATES["queue"].wallboard)}).status_code == 302
    assert Wallboard.objects.get(slug="team-wall-2").definition == wallboard.definition
    wrong = manager.post("/wallboards/import/", {"text": "name = 5"})
    assert wrong.status_code == 422 and "<b>name</b>: Write a text." in texts(wrong)
    assert Wallboard.objects.count() == 3


def test_every_change_is_recorded(manager: Client) -> None:
    before = AuditEntry.objects.count()
    manager.post("/wallboards/new/", {"template": "queue"})
    wallboard = Wallboard.objects.get()
    shown = fields_of(manager.get(edit_path(wallboard)))
    manager.post(edit_path(wallboard), shown | {"name": "Hall", "do": "publish"})
    manager.post(f"/wallboards/{wallboard.slug}/announce/", {"text": "Lunch", "do": "announce"})
    manager.post(f"/wallboards/{wallboard.slug}/copy/")
    manager.post(f"/wallboards/{wallboard.slug}/delete/")
    entries = AuditEntry.objects.order_by("pk")[before:]
    assert [entry.action for entry in entries] == [
        Action.WALLBOARD_MADE,
        Action.WALLBOARD_PUBLISHED,
        Action.WALLBOARD_ANNOUNCED,
        Action.WALLBOARD_MADE,
        Action.WALLBOARD_DELETED,
    ]
    assert {entry.actor for entry in entries} == {f"one {MANAGER}"}
    assert entries[1].detail == {"changed": ["name"], "revision": 2}


def test_only_the_preview_may_be_framed_and_only_by_us(manager: Client) -> None:
    wallboard = make()
    screen = manager.get(f"/wallboards/{wallboard.slug}/")
    preview = manager.get(f"/wallboards/{wallboard.slug}/preview/")
    assert "frame-ancestors 'none'" in screen["Content-Security-Policy"] and screen["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'self';" in preview["Content-Security-Policy"] + ";"
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in manager.get(edit_path(wallboard))["Content-Security-Policy"]


def test_addresses_are_kept_apart(manager: Client) -> None:
    assert [make().slug for _ in range(3)] == ["team-wall", "team-wall-2", "team-wall-3"]
    assert stored.free_slug("New") == "new-2"
    assert stored.free_slug("日本") == "wallboard"
    assert re.fullmatch(r"[a-z0-9-]{1,60}", stored.free_slug("x" * 60))


def test_a_wallboard_that_this_version_cannot_read_breaks_no_other(manager: Client) -> None:
    broken, whole = make("queue"), make("team")
    Wallboard.objects.filter(pk=broken.pk).update(definition={"name": "from tomorrow", "holograms": True})
    assert set(stored.load_wallboards()) == {whole.slug}
    assert manager.get(f"/wallboards/{broken.slug}/").status_code == 404
    assert manager.get(edit_path(broken)).status_code == 302
    assert manager.get("/wallboards/").status_code == 200
