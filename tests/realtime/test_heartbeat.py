"""Heartbeats: written by each process, missed when they end, on both databases."""

from datetime import timedelta

from django.db.models import F

from realtime.heartbeat import FORGOTTEN, MISSING, Kind, process_name, running_kinds, write_heartbeat
from realtime.models import Heartbeat


def test_a_process_is_running_until_it_was_not_seen_for_a_while(each_database: str) -> None:
    assert running_kinds() == set()
    write_heartbeat(Kind.MIRROR)
    write_heartbeat(Kind.WEB)
    assert running_kinds() == {"mirror", "web"}

    Heartbeat.objects.filter(kind="mirror").update(seen_at=F("seen_at") - MISSING)

    assert running_kinds() == {"web"}


def test_a_process_that_was_seen_before_the_clock_was_set_back_counts_when_it_is_seen_again(each_database: str) -> None:
    write_heartbeat(Kind.MIRROR)
    Heartbeat.objects.update(seen_at=F("seen_at") + timedelta(minutes=10))
    assert running_kinds() == set()

    write_heartbeat(Kind.MIRROR)

    assert running_kinds() == {"mirror"}


def test_one_row_a_process_keeps_when_it_began(each_database: str) -> None:
    write_heartbeat(Kind.WEB)
    Heartbeat.objects.update(started_at=F("started_at") - timedelta(hours=1), seen_at=F("seen_at") - MISSING)

    write_heartbeat(Kind.WEB)

    row = Heartbeat.objects.get()
    assert row.name == process_name(Kind.WEB)
    assert row.seen_at - row.started_at >= timedelta(hours=1)


def test_rows_of_long_ended_processes_go_when_a_new_one_comes(each_database: str) -> None:
    write_heartbeat(Kind.WEB)
    Heartbeat.objects.update(name="web@elsewhere:1", seen_at=F("seen_at") - FORGOTTEN)

    write_heartbeat(Kind.WEB)

    assert [row.name for row in Heartbeat.objects.all()] == [process_name(Kind.WEB)]
