"""Claims from the database: each due poll once, in its rhythm, with pauses that grow after failures."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from celery.schedules import schedule
from django.db import connection

from dashboard.models import Poll
from dashboard.vendors.account import Account
from dashboard.vendors.schedule import CLAIM, TICK, Claim, claim_due, next_due, pause_seconds, poll_now
from realtime.errors import CredentialsRefused, SourceBusy, Transient
from realtime.outbound.endpoint import Pace
from realtime.status import SKEW
from tests.dashboard.daylight import ZONES, changes

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain(Account):
    """An account of no vendor in particular."""

    vendor: ClassVar[str] = "plain"
    noun: ClassVar[str] = "the vendor"
    credentials: ClassVar[str] = "the token"
    pace: ClassVar[Pace] = Pace(5, 1000)


CAMERA = Plain(name="camera", url="https://camera.example", interval_seconds=30)
SLOW = Plain(name="camera", url="https://camera.example", interval_seconds=1800)
PHONES = Plain(name="phones", url="https://phones.example", interval_seconds=5)


def claimed(now: datetime, *accounts: Account) -> list[Claim]:
    """Claim what is due, in the order of names."""
    return sorted(claim_due(accounts, now), key=lambda claim: claim.source)


@pytest.mark.usefixtures("each_database")
class TestClaims:
    """On both databases."""

    def test_source_that_was_never_polled_is_due_at_once(self) -> None:
        assert claimed(NOW, CAMERA, PHONES) == [Claim("camera", NOW), Claim("phones", NOW)]

    def test_claim_keeps_others_off_until_it_runs_out(self) -> None:
        claimed(NOW, CAMERA)
        assert claimed(NOW + CLAIM, CAMERA) == []
        assert claimed(NOW + CLAIM + timedelta(milliseconds=1), CAMERA) == [Claim("camera", NOW)]

    def test_source_is_claimed_one_tick_ahead_so_that_its_rhythm_is_kept(self) -> None:
        Poll.objects.create(source="camera", due_at=NOW + TICK)
        assert claimed(NOW, CAMERA) == [Claim("camera", NOW + TICK)]
        Poll.objects.create(source="phones", due_at=NOW + TICK + timedelta(milliseconds=1))
        assert claimed(NOW, PHONES) == []

    def test_clock_that_was_set_back_makes_what_was_polled_since_due_and_old_claims_free(self) -> None:
        later = NOW + timedelta(minutes=10)
        Poll.objects.create(source="camera", polled_at=later, due_at=later + timedelta(seconds=30))
        Poll.objects.create(source="phones", polled_at=later, due_at=later, claimed_until=later + CLAIM)
        assert claimed(NOW, CAMERA, PHONES) == [Claim("camera", NOW), Claim("phones", NOW)]
        assert claimed(NOW + TICK, CAMERA, PHONES) == []

    def test_clocks_of_workers_that_differ_a_little_change_no_rhythm(self) -> None:
        Poll.objects.create(source="camera", polled_at=NOW + SKEW, due_at=NOW + timedelta(seconds=30))
        assert claimed(NOW, CAMERA) == []

    def test_source_that_is_switched_off_or_not_configured_is_not_claimed(self) -> None:
        Poll.objects.create(source="gone", due_at=NOW)
        off = Plain(name="off", url="https://off.example", is_enabled=False)
        assert claimed(NOW, off) == []

    def test_poll_now_does_not_wait_for_the_rhythm_nor_a_pause(self) -> None:
        Poll.objects.create(source="camera", due_at=NOW + timedelta(days=1), failures=7)
        assert poll_now("camera")
        assert [claim.source for claim in claimed(datetime.now(UTC), CAMERA)] == ["camera"]
        assert Poll.objects.get(source="camera").failures == 0
        assert not poll_now("unheard-of")

    def test_ticks_at_the_same_time_claim_each_source_once(self) -> None:
        accounts = [Plain(name=f"s{number}", url="https://x.example") for number in range(20)]
        Poll.objects.bulk_create([Poll(source=one.name, due_at=NOW) for one in accounts])

        def tick(_: int) -> list[str]:
            try:
                return [claim.source for claim in claim_due(accounts, NOW)]
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            found = [name for names in pool.map(tick, range(4)) for name in names]
        assert sorted(found) == sorted(one.name for one in accounts)


def test_next_poll_keeps_the_rhythm_and_skips_what_is_over() -> None:
    assert next_due(CAMERA, NOW, NOW + timedelta(seconds=4)) == NOW + timedelta(seconds=30)
    late = NOW + timedelta(seconds=95)
    assert next_due(CAMERA, NOW, late) == late


@pytest.mark.parametrize(("failures", "seconds"), [(1, 30), (2, 30), (3, 60), (4, 120), (7, 600), (1000, 600)])
def test_breaker_opens_after_repeated_failures(failures: int, seconds: float) -> None:
    assert pause_seconds(CAMERA, Transient("camera: lost"), failures) == seconds


def test_vendor_that_asks_for_more_time_gets_it() -> None:
    assert pause_seconds(CAMERA, SourceBusy("camera: 429", retry_after_seconds=900.0), 1) == 900.0
    assert pause_seconds(CAMERA, SourceBusy("camera: 429", retry_after_seconds=3.0), 1) == 30.0


def test_error_for_an_operator_is_tried_again_less_often() -> None:
    assert pause_seconds(PHONES, CredentialsRefused("phones: no"), 1) == 60.0
    assert pause_seconds(CAMERA, CredentialsRefused("camera: no"), 9) == 600.0


def test_source_with_a_longer_interval_than_the_longest_pause_keeps_it() -> None:
    daily = Plain(name="daily", url="https://d.example", interval_seconds=86400)
    assert pause_seconds(daily, Transient("x"), 5) == 86400


@pytest.fixture(params=ZONES)
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine that goes by the clocks of a zone, which change."""
    zone: str = request.param
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield zone
    time.tzset()


@pytest.mark.usefixtures("each_database")
def test_the_machine_s_clocks_change_and_no_poll_is_left_out_or_done_twice(machine_zone: str) -> None:
    for change in changes(machine_zone):
        due_at = change - timedelta(hours=1, minutes=7)
        Poll.objects.update_or_create(source="camera", defaults={"due_at": due_at, "claimed_until": None})
        polled = []
        for minute in range(-68, 69):
            now = change + timedelta(minutes=minute)
            for claim in claimed(now, SLOW):
                polled.append(claim.due_at)
                due = next_due(SLOW, claim.due_at, now)
                Poll.objects.filter(source="camera").update(due_at=due, claimed_until=None, polled_at=now)

        assert polled == [due_at + number * timedelta(seconds=1800) for number in range(5)]


def test_beat_ticks_each_second_while_the_machine_s_clocks_change(machine_zone: str) -> None:
    for change in changes(machine_zone):
        for last in (change + timedelta(seconds=half / 2) for half in range(-5, 5)):
            assert seconds_to_next(last, last + timedelta(seconds=0.4)) == pytest.approx(0.6)
            assert seconds_to_next(last, last + timedelta(seconds=1)) == 0.0


def seconds_to_next(last: datetime, now: datetime) -> float:
    """Return how long beat waits for the tick after the one at `last`; 0.0 when it is due."""
    found = schedule(1.0, nowfun=lambda: now).is_due(last)
    return 0.0 if found.is_due else float(found.next)
