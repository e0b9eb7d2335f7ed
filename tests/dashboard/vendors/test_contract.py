"""What every polled vendor's client must do, over real sockets to its simulator."""

import base64
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dashboard.vendors.rows import stored_form
from dashboard.vendors.simulators.faults import Fault, Freedom
from dashboard.vendors.simulators.server import SIGN_IN_PAGE, VendorSimulators
from realtime.database import DatabaseThread
from realtime.errors import Actor, IllegalMessage, LinkLost, OperatorNeeded, RealtimeError, SourceBusy, who_acts
from realtime.outbound import http
from realtime.vendor_session import State
from tests.dashboard.vendors.harness import HARNESSES, MARK, SECRET, Bench, Harness, open_bench

pytestmark = [pytest.mark.usefixtures("transactional_db", "valkey")]

HOSTILE = "<img src=x onerror=alert(1)>\u202e\x00\ud7ff" + "A" * 5000 + "'); DROP TABLE sessions;--"
LARGE = "9223372036854775807"


@pytest.fixture(params=HARNESSES, ids=str)
async def bench(
    request: pytest.FixtureRequest,
    simulators: VendorSimulators,
    database: DatabaseThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Bench]:
    """Each vendor in turn."""
    harness: Harness = request.param
    async with open_bench(harness, simulators, database, tmp_path, monkeypatch) as bench:
        yield bench


def add(bench: Bench, count: int) -> list[str]:
    """Let the vendor have some sessions; return what removes each."""
    return [bench.harness.add(bench.simulators, f"m{place}", place) for place in range(count)]


def fail(bench: Bench, fault: Fault, **members: object) -> None:
    """Let the vendor's listing have a fault."""
    bench.simulators.fail(bench.harness.name, fault, **({"path": bench.harness.path} | members))


async def failure(bench: Bench) -> RealtimeError:
    """Return what listing raises; its sentence names the source and nothing secret."""
    _, error = await bench.until_failure()
    assert isinstance(error, RealtimeError), error
    assert str(error).startswith("polled: ")
    assert SECRET not in str(error)
    return error


async def test_listing_tells_sessions_in_our_words(bench: Bench) -> None:
    add(bench, 1)
    (session,) = await bench.sessions()
    assert session.raw[MARK] == "m0"
    assert session.state is State.ENDED
    assert session.started_at is not None or session.created_at is not None
    assert session.ended_at is not None
    assert session.technician or session.technician_email
    assert stored_form("polled", bench.harness.name, session).fields["vendor"] == bench.harness.name


async def test_listing_of_nothing_is_one_that_ends(bench: Bench) -> None:
    pages = await bench.pages()
    assert [session for page in pages for session in page.sessions] == []
    assert pages[-1].cursor == ""


async def test_listing_that_a_fault_emptied_is_no_error(bench: Bench) -> None:
    add(bench, 2)
    fail(bench, Fault.EMPTY)
    assert await bench.marks() == []


async def test_listing_has_all_of_many_pages(bench: Bench) -> None:
    add(bench, bench.harness.many)
    pages = await bench.pages()
    assert len(pages) > 2
    assert [page.cursor == "" for page in pages] == [False] * (len(pages) - 1) + [True]
    assert sorted(await bench.marks()) == sorted(f"m{place}" for place in range(bench.harness.many))


async def test_listing_told_twice_is_the_same(bench: Bench) -> None:
    add(bench, 5)
    first = [stored_form("polled", bench.harness.name, one) for one in await bench.sessions()]
    again = [stored_form("polled", bench.harness.name, one) for one in await bench.sessions()]
    assert first == again


async def test_listing_that_changes_between_pages_loses_nothing_that_stayed(bench: Bench) -> None:
    handles = add(bench, bench.harness.many)
    marks: set[object] = set()
    pages = 0
    async for page in bench.vendor.list_sessions(bench.caller, bench.harness.window()):
        marks |= {session.raw[MARK] for session in page.sessions}
        pages += 1
        if pages == 1:
            for handle in handles[-3:]:  # the oldest, so on a page that was read
                bench.harness.remove(bench.simulators, handle)
            bench.harness.add(bench.simulators, "new", 0)
    assert {f"m{place}" for place in range(bench.harness.many - 3)} <= marks


async def test_duplicates_have_one_identity(bench: Bench) -> None:
    add(bench, 3)
    bench.simulators.take(bench.harness.name, Freedom.DUPLICATES)
    assert len(await bench.sessions()) >= 3
    assert sorted(await bench.marks()) == ["m0", "m1", "m2"]


@pytest.mark.parametrize("fault", [Fault.UNAUTHORIZED, Fault.FORBIDDEN])
async def test_refused_credentials_need_an_operator(bench: Bench, fault: Fault) -> None:
    fail(bench, fault)
    assert isinstance(await failure(bench), OperatorNeeded)


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.FAILED])
async def test_trouble_on_their_side_passes(bench: Bench, fault: Fault) -> None:
    fail(bench, fault)
    error = await failure(bench)
    assert (type(error), who_acts(error)) == (SourceBusy, Actor.NOBODY)


@pytest.mark.parametrize(
    ("members", "low", "high"),
    [
        ({}, None, None),
        ({"retry_after_seconds": 17}, 17, 17),
        ({"retry_after_seconds": 90, "retry_after_is_date": True}, 80, 90),
    ],
)
async def test_too_many_requests_says_when_to_come_back(
    bench: Bench, members: dict[str, object], low: float | None, high: float | None
) -> None:
    fail(bench, Fault.TOO_MANY, **members)
    error = await failure(bench)
    assert isinstance(error, SourceBusy)
    if low is None or high is None:
        assert error.retry_after_seconds is None
    else:
        assert error.retry_after_seconds is not None
        assert low <= error.retry_after_seconds <= high


@pytest.mark.parametrize("fault", [Fault.TIME_OUT, Fault.TRICKLE])
async def test_silence_and_trickle_end_in_time(bench: Bench, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "WHOLE_REQUEST_SECONDS", 0.3)
    add(bench, 1)
    fail(bench, fault)
    assert type(await failure(bench)) is LinkLost


async def test_truncated_body_is_a_lost_link(bench: Bench) -> None:
    add(bench, 2)
    fail(bench, Fault.TRUNCATED)
    assert type(await failure(bench)) is LinkLost


async def test_web_page_instead_of_json_is_named_and_not_quoted(bench: Bench) -> None:
    fail(bench, Fault.HTML)
    error = await failure(bench)
    assert type(error) is IllegalMessage
    assert "a web page" in str(error)
    assert SIGN_IN_PAGE[:15] not in str(error)


async def test_failure_on_a_later_page_keeps_the_first_and_resumes(bench: Bench) -> None:
    add(bench, bench.harness.many)
    whole = await bench.marks()
    asked_before = len(bench.simulators.frame.asked)
    await bench.pages()
    requests = len(bench.simulators.frame.asked) - asked_before
    fail(bench, Fault.FAILED, skip=requests // 2, count=1)
    pages, error = await bench.until_failure()
    assert isinstance(error, SourceBusy)
    assert pages
    kept = [str(session.raw[MARK]) for page in pages for session in page.sessions]
    rest = await bench.marks(pages[-1].cursor)
    assert len(rest) < len(whole)
    assert set(kept) | set(rest) == set(whole)


async def test_unknown_cursor_begins_anew(bench: Bench) -> None:
    add(bench, 2)
    assert sorted(await bench.marks("no cursor of ours")) == ["m0", "m1"]


async def test_hostile_texts_are_carried_and_stored_harmless(bench: Bench) -> None:
    said = dict.fromkeys(bench.harness.hostile, HOSTILE)
    bench.harness.add(bench.simulators, "m0", 0, **said)
    (session,) = await bench.sessions()
    assert [name for name in bench.harness.hostile if session.raw[name] != HOSTILE] == []
    stored = stored_form("polled", bench.harness.name, session)
    texts = [value for value in stored.fields.values() if isinstance(value, str)]
    assert [text for text in texts if len(text) > 2000 or "\x00" in text or "\u202e" in text] == []


@pytest.mark.parametrize(
    "freedom", [Freedom.SPARSE, Freedom.NULLS, Freedom.MISTYPED, Freedom.BARE_TIMES, Freedom.OFFSET_TIMES]
)
async def test_freedoms_lose_no_session(bench: Bench, freedom: Freedom) -> None:
    add(bench, 3)
    bench.simulators.take(bench.harness.name, freedom)
    assert len({session.external_id for session in await bench.sessions()}) == 3


async def test_what_is_no_record_is_counted_once_and_not_quoted(bench: Bench) -> None:
    add(bench, 1)
    bench.simulators.take(bench.harness.name, Freedom.NOISE)
    with capture_logs() as logs:
        marks = await bench.marks()
    assert "m0" in marks
    warnings = [line for line in logs if line["log_level"] == "warning" and line.get("source") == "polled"]
    assert len(warnings) == 1
    assert warnings[0]["count"] > 0
    assert "unheard-of" not in str(logs)


@pytest.mark.parametrize("bench", [one for one in HARNESSES if one.words], indirect=True, ids=str)
async def test_unknown_words_are_unknown_and_kept(bench: Bench) -> None:
    bench.harness.add(bench.simulators, "m0", 0, **bench.harness.words)
    (session,) = await bench.sessions()
    assert session.state is State.UNKNOWN
    assert {name: session.raw[name] for name in bench.harness.words} == bench.harness.words


@pytest.mark.parametrize("bench", [one for one in HARNESSES if one.key], indirect=True, ids=str)
async def test_key_of_19_digits_stays_exact(bench: Bench) -> None:
    bench.harness.add(bench.simulators, "text", 0, **{bench.harness.key: LARGE})
    bench.harness.add(bench.simulators, "number", 1, **{bench.harness.key: int(LARGE) - 2})
    assert {session.external_id for session in await bench.sessions()} == {LARGE, str(int(LARGE) - 2)}


@pytest.mark.parametrize("value", [17, "", None, True, [], {"a": [{}]}, "x" * 100_000, -1, 1e300])
async def test_no_member_of_any_type_breaks_a_listing(bench: Bench, value: object) -> None:
    add(bench, 1)
    names = [name for name in (await bench.sessions())[0].raw if name != MARK]
    for name in names:
        bench.harness.add(bench.simulators, "odd", 1, **{name: value})
    assert "m0" in await bench.marks()


async def test_check_says_what_went_well(bench: Bench) -> None:
    tried = [step async for step in bench.vendor.check(bench.caller)]
    assert tried
    assert all(step.stage and step.detail for step in tried)


async def test_check_of_a_refused_account_needs_an_operator(bench: Bench) -> None:
    fail(bench, Fault.FORBIDDEN, path="")
    with pytest.raises(OperatorNeeded):
        [step async for step in bench.vendor.check(bench.caller)]


async def test_secrets_are_in_no_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    add(bench, 1)
    await bench.pages()
    assert SECRET not in caplog.text + repr(bench.caller.account)
    sent = bench.simulators.frame.asked[-1].headers
    basic = base64.b64encode(f"simulator:{SECRET}".encode()).decode()
    assert any(SECRET in value or basic in value for value in sent.values())
    assert basic not in caplog.text
