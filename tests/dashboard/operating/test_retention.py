"""`manage.py prune`: what is over goes, what is not stays."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from dashboard.audit import Action, record
from dashboard.models import AuditEntry, Display, PollRun, VendorRecord
from realtime.models import Link, Sample, VendorSession
from realtime.sampling import minute_of
from realtime.store import acquire_lease

SOURCES = """
[see]
vendor = "seeit"
access_token = "b"
keep_days = 30
"""


@pytest.fixture
def filled(each_database: str, settings: Settings, tmp_path: Path) -> None:
    """Something old and something new of each kind."""
    settings.SOURCES_FILE = tmp_path / "sources.toml"
    settings.SOURCES_FILE.write_text(SOURCES, encoding="utf-8")
    now = timezone.now()
    for number, days in enumerate((31, 40, 29)):
        key, at = f"see:{number}", now - timedelta(days=days)
        VendorSession.objects.create(key=key, source="see", state="ended", ended_at=at)
        VendorRecord.objects.create(key=key, source="see", raw={}, fetched_at=at)
    Link.objects.create(source="see", poll_seconds=30.0)
    VendorSession.objects.create(key="see:open", source="see", state="active", started_at=now - timedelta(days=90))
    for days in (1, 3):
        PollRun.objects.create(source="see", started_at=now - timedelta(days=days), seconds=1)
        Session.objects.create(session_key=f"s{days}", session_data="", expire_date=now - timedelta(days=days - 2))
    for days in (6, 8):
        Sample.objects.create(source="desk", minute=minute_of(now - timedelta(days=days)), waits={})
    for days in (364, 366):
        revoked_at = now - timedelta(days=days)
        Display.objects.create(name=f"Screen {days}", paired_at=revoked_at, revoked_at=revoked_at)
    Display.objects.create(name="in use", paired_at=now - timedelta(days=900))
    record(Action.SIGNED_IN, "new", actor="somebody")


def prune() -> dict[str, int]:
    """Return how many of what are deleted."""
    out = StringIO()
    call_command("prune", stdout=out)
    counts = (line.removesuffix(" deleted").split(" ", 1) for line in out.getvalue().splitlines())
    return {what: int(count) for count, what in counts}


def test_what_is_over_goes(filled: None) -> None:
    assert prune() == {
        "ended vendor sessions": 2,
        "poll runs": 1,
        "samples": 1,
        "audit entries": 0,
        "disconnected displays": 1,
        "web sessions": 1,
        "one-time links": 0,
        "pairing codes": 0,
    }
    assert sorted(VendorSession.objects.values_list("key", flat=True)) == ["see:2", "see:open"]
    assert [row.key for row in VendorRecord.objects.all()] == ["see:2"]
    assert [display.name for display in Display.objects.all()] == ["Screen 364", "in use"]
    assert Link.objects.get(source="see").owner == ""
    assert set(prune().values()) == {0}


def test_what_has_no_time_at_all_goes_by_its_vendor_s_last_word(filled: None) -> None:
    now = timezone.now()
    for number, days in enumerate((31, 29)):
        VendorSession.objects.create(key=f"see:timeless{number}", source="see", state="unknown")
        fetched_at = now - timedelta(days=days)
        VendorRecord.objects.create(key=f"see:timeless{number}", source="see", raw={}, fetched_at=fetched_at)

    assert prune()["ended vendor sessions"] == 3
    assert sorted(VendorSession.objects.values_list("key", flat=True)) == ["see:2", "see:open", "see:timeless1"]


def test_a_source_that_is_being_polled_is_left_alone(filled: None) -> None:
    assert acquire_lease("see", "a worker", 30.0) is not None

    assert prune()["ended vendor sessions"] == 0


def test_a_source_that_was_never_polled_gets_no_link(filled: None) -> None:
    Link.objects.all().delete()

    prune()

    assert not Link.objects.exists()


def test_a_source_that_was_taken_for_an_appliance_is_polled_again(filled: None) -> None:
    Link.objects.update(poll_seconds=None)

    assert prune()["ended vendor sessions"] == 2
    assert Link.objects.get().poll_seconds == 30.0


@pytest.mark.parametrize(("days", "left"), [(365, 1), (0, 2)])
def test_the_audit_log_is_kept_as_long_as_is_asked(
    transactional_db: None, settings: Settings, days: int, left: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.AUDIT_DAYS = days
    settings.SOURCES_FILE = tmp_path / "sources.toml"
    settings.SOURCES_FILE.write_text(SOURCES, encoding="utf-8")
    old = timezone.now() - timedelta(days=366)
    with monkeypatch.context() as patched:
        patched.setattr("django.utils.timezone.now", lambda: old)
        record(Action.SIGNED_IN, "old", actor="somebody")
    record(Action.SIGNED_IN, "new", actor="somebody")

    prune()

    assert AuditEntry.objects.count() == left
