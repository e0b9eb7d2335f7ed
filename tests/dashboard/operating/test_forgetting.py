"""`manage.py forget`: all that is left of a source goes, and nothing of another."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import AuditEntry, Poll, PollRun, VendorRecord
from dashboard.operating import forgetting
from dashboard.operating.forgetting import ALL
from realtime import store
from realtime.models import AccessToken, KnownQueue, Link, Queue, Sample, VendorSession

SOURCES = '[here]\nvendor = "beyondtrust"\nurl = "https://help.example.com"\nclient_id = "a"\nclient_secret = "b"\n'


def fill(source: str) -> None:
    """Leave something of each kind behind."""
    now = timezone.now()
    Link.objects.create(source=source, state="live", seq=3)
    for number in range(5):
        Queue.objects.create(key=f"{source}:{number}", source=source)
        VendorRecord.objects.create(key=f"{source}:{number}", source=source, raw={}, fetched_at=now)
        VendorSession.objects.create(key=f"{source}:{number}", source=source)
    KnownQueue.objects.create(key=f"{source}:q", source=source, queue_id=f"{source}:1")
    Poll.objects.create(source=source, due_at=now)
    PollRun.objects.create(source=source, started_at=now, seconds=1)
    Sample.objects.create(source=source, minute=1, waits={})
    AccessToken.objects.create(source=source, token_sealed="sealed")


@pytest.fixture
def filled(each_database: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One source that is configured and one that is not any more, with rows of both; two rows a transaction."""
    monkeypatch.setattr(forgetting, "CHUNK", 2)
    settings.SOURCES_FILE = tmp_path / "sources.toml"
    settings.SOURCES_FILE.write_text(SOURCES, encoding="utf-8")
    for source in ("here", "old"):
        fill(source)


def held(source: str) -> int:
    """Return how many rows are left of a source."""
    return sum(model._default_manager.filter(source=source).count() for model in ALL)


def run(*arguments: str) -> list[str]:
    """Return what the command says."""
    out = StringIO()
    call_command("forget", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_without_yes_it_is_only_said_what_would_go(filled: None) -> None:
    before = held("old")

    said = run("old")

    assert {"5 queues would be deleted", "5 vendor sessions would be deleted", "1 links would be deleted"} <= set(said)
    assert said[-1].endswith("manage.py forget old --yes")
    assert (held("old"), AuditEntry.objects.count()) == (before, 0)


def test_all_that_is_left_goes_and_nothing_of_another(filled: None) -> None:
    before = held("here")

    said = run("old", "--yes")

    assert "5 queues deleted" in said
    assert (held("old"), held("here")) == (0, before)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.target) == ("source forgotten", "system", "old")
    assert entry.detail["vendor sessions"] == 5


def test_every_table_that_names_a_source_is_looked_at() -> None:
    # People are an operator's own edits, undone one by one; a team or wallboard goes on naming a queue that is gone.
    kept = {"Identity"}
    naming = {model for model in apps.get_models() if any(one.name == "source" for one in model._meta.get_fields())}

    assert {model.__name__ for model in naming - set(ALL)} == kept


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("here", "here is in sources.toml; take it out there first"),
        ("never", "Nothing is left of never. Named no longer: old"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("--yes",)])
def test_what_cannot_be_forgotten_is_refused_in_words(
    filled: None, source: str, words: str, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match=words):
        run(source, *arguments)

    assert held("here") == held("old")


def test_a_source_that_somebody_still_writes_is_refused(filled: None) -> None:
    assert store.acquire_lease("old", "a mirror") is not None
    before = held("old")

    with pytest.raises(CommandError, match="restart mirror and worker"):
        run("old", "--yes")

    assert held("old") == before


def test_without_a_readable_sources_toml_nothing_is_forgotten(filled: None, settings: Settings) -> None:
    settings.SOURCES_FILE.unlink()

    with pytest.raises(CommandError, match="does not exist"):
        run("old", "--yes")

    assert held("old")


def test_a_lease_that_is_lost_on_the_way_stops_it(filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire = store.acquire_lease

    def acquire_and_lose(source: str, owner: str) -> object:
        lease = acquire(source, owner)
        Link.objects.filter(source=source).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        assert acquire(source, "a mirror") is not None
        return lease

    monkeypatch.setattr(store, "acquire_lease", acquire_and_lose)

    with pytest.raises(CommandError, match="another mirror took over"):
        run("old", "--yes")

    assert Link.objects.filter(source="old").exists()
