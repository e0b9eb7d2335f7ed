"""EvoVoice: what is its own. What every vendor must do is in `test_contract`."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models import Poll
from dashboard.source_entry import Entry
from dashboard.vendors import evovoice, polling
from dashboard.vendors.base import Listed, Window
from dashboard.vendors.caller import Caller
from dashboard.vendors.evovoice import EvoVoice
from dashboard.vendors.evovoice_account import EvoVoiceAccount
from dashboard.vendors.evovoice_records import read_session, read_state
from dashboard.vendors.simulators.activity import Case, Product
from dashboard.vendors.simulators.faults import Fault, Freedom
from dashboard.vendors.simulators.server import VendorSimulators
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, IllegalMessage, RealtimeError
from realtime.models import AccessToken, VendorSession
from realtime.outbound.http import open_client
from realtime.vendor_session import Kind, State, TimeBasis
from tests.dashboard.vendors.harness import SECRET

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]

VENDOR = EvoVoice()
DAY_SECONDS = 24 * 3600.0

Reader = Callable[..., EvoVoiceAccount]


@pytest.fixture
def account(simulators: VendorSimulators, tmp_path: Path) -> Reader:
    """Return what reads an account at the simulator, with more settings as given."""

    def read(**settings: Any) -> EvoVoiceAccount:
        given = {"url": simulators.url("evovoice"), "username": "simulator", "password": SECRET}
        entry = Entry("phones", given | settings, tmp_path)
        found = VENDOR.read(entry)
        assert entry.mistakes == []
        assert found is not None
        return found

    return read


@pytest.fixture
async def caller(account: Reader, database: DatabaseThread) -> AsyncIterator[Caller[EvoVoiceAccount]]:
    """A caller with the settings that are not said."""
    async with open_client(phones := account()) as client:
        yield Caller(phones, client, database)


async def listed(caller: Caller[EvoVoiceAccount], hours: float = 24, cursor: str = "") -> list[Listed]:
    """List the last hours."""
    now = datetime.now(UTC)
    window = Window(now - timedelta(hours=hours), now + timedelta(days=31))
    return [one async for page in VENDOR.list_sessions(caller, window, cursor) for one in page.sessions]


def call(simulators: VendorSimulators, age: float = 60, **members: Any) -> Case:
    """Let a call have come in some seconds ago."""
    return simulators.world.open(Product.EVOVOICE, simulators.frame.now() - age, **members)


async def test_cookie_is_kept_and_replaced_once_when_it_is_refused(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    simulators.frame.schemes["evovoice"] = "cookie"
    case = call(simulators)
    for _ in range(3):
        assert [one.external_id for one in await listed(caller)] == [case.id[:24]]
    assert simulators.frame.count("evovoice", "/auth/credentials") == 1
    await AccessToken.objects.aupdate(minted_at=timezone.now() - timedelta(hours=1), minting_until=None)
    simulators.fail("evovoice", Fault.UNAUTHORIZED, count=1, path="/sessions")
    assert [one.external_id for one in await listed(caller)] == [case.id[:24]]
    assert simulators.frame.count("evovoice", "/auth/credentials") == 2


async def test_wrong_password_is_told_without_it(
    simulators: VendorSimulators, account: Reader, database: DatabaseThread
) -> None:
    async with open_client(phones := account(password="not-the-password")) as client:
        with pytest.raises(CredentialsRefused) as caught:
            await listed(Caller(phones, client, database))
    assert "check username and password" in str(caught.value)
    assert "not-the-password" not in str(caught.value) + repr(phones)
    assert simulators.frame.count("evovoice", "/sessions") == 0


async def test_basic_sends_the_password_each_time_and_signs_in_never(
    simulators: VendorSimulators, account: Reader, database: DatabaseThread
) -> None:
    simulators.frame.schemes["evovoice"] = "basic"
    call(simulators)
    async with open_client(phones := account(auth="basic")) as client:
        assert len(await listed(Caller(phones, client, database))) == 1
    assert simulators.frame.count("evovoice", "/auth/credentials") == 0


async def test_every_request_says_who_asks_and_none_could_delete(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    case = call(simulators)
    await listed(caller, hours=24 * 40)
    await VENDOR.look_up(caller, [case.id[:24]])
    await VENDOR.fetch_details(caller, case.id[:24])
    assert [step.stage async for step in VENDOR.check(caller)] == ["signed in", "sessions"]
    assert {asked.headers.get("user-agent") for asked in simulators.frame.asked} == {"support-dashboard"}
    assert {(asked.method, asked.path) for asked in simulators.frame.asked} == {
        ("POST", "/auth/credentials"),
        ("GET", "/auth/status"),
        ("GET", "/sessions"),
    }


async def test_listing_stops_where_the_window_begins(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    cases = [call(simulators, age=age * 60) for age in range(1, 350)]
    found = await listed(caller, hours=1)
    assert {case.id[:24] for case in cases[:59]} <= {one.external_id for one in found}
    assert simulators.frame.count("evovoice", "/sessions") == 1
    assert len(await listed(caller, hours=24)) == 349


async def test_listing_that_gets_shorter_meanwhile_loses_nothing(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    cases = [call(simulators, age=age) for age in range(1, 251)]
    window = Window(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC))
    found, pages = set(), 0
    async for page in VENDOR.list_sessions(caller, window):
        found |= {one.external_id for one in page.sessions}
        pages += 1
        if pages == 1:
            for case in cases[:3]:
                simulators.world.remove(case.id)
    assert (found, pages) == ({case.id[:24] for case in cases}, 5)


async def test_listing_that_is_not_sorted_as_asked_is_read_to_its_end(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    unsorted = evovoice.listing_params
    monkeypatch.setattr(evovoice, "listing_params", lambda *told: unsorted(*told) | {"sortOrder": "Ascend"})
    cases = [call(simulators, age=age * 60) for age in range(1, 350)]
    assert len(await listed(caller, hours=1)) == len(cases)


async def test_listing_without_totals_ends_with_an_empty_page(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    simulators.take("evovoice", Freedom.OTHER_SHAPE)
    cases = [call(simulators, age=age) for age in range(1, 151)]
    assert {one.external_id for one in await listed(caller)} == {case.id[:24] for case in cases}
    assert simulators.frame.count("evovoice", "/sessions") == 3


async def test_listing_without_end_is_broken_off_and_can_be_taken_up(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evovoice, "MOST_PAGES", 2)
    cases = [call(simulators, age=age) for age in range(1, 251)]
    window = Window(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC))
    pages = aiter(VENDOR.list_sessions(caller, window))
    assert [(await anext(pages)).cursor, (await anext(pages)).cursor] == ["1", "2"]
    with pytest.raises(IllegalMessage, match="the listing does not end after 2 pages"):
        await anext(pages)
    rest = {one.external_id for one in await listed(caller, cursor="2")}
    assert rest == {case.id[:24] for case in cases[200:]}


async def test_poll_that_was_taken_up_covers_the_time_until_it_was_begun(
    simulators: VendorSimulators, account: Reader
) -> None:
    phones = account()
    for age in range(1, 251):
        call(simulators, age=age)
    begun_at = timezone.now()
    await sync_to_async(Poll.objects.create)(source="phones", due_at=begun_at)
    simulators.fail("evovoice", Fault.FAILED, path="/sessions", skip=1, count=1)
    await polling.poll(phones, VENDOR, "one", begun_at)
    broken_at = timezone.now()
    await polling.poll(phones, VENDOR, "one", timezone.now())
    covered_until = (await Poll.objects.aget()).covered_until
    assert covered_until is not None
    assert begun_at <= covered_until <= broken_at
    assert await VendorSession.objects.acount() == 250


async def test_archive_is_listed_after_the_rest_where_the_window_reaches_it(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    recent, old = call(simulators), call(simulators, age=20 * DAY_SECONDS)
    assert [one.external_id for one in await listed(caller, hours=24 * 30)] == [recent.id[:24], old.id[:24]]
    assert [one.external_id for one in await listed(caller, hours=24 * 30, cursor="archive/0")] == [old.id[:24]]
    assert [one.external_id for one in await listed(caller, hours=24)] == [recent.id[:24]]


async def test_look_up_finds_what_is_archived_and_not_what_is_gone(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    cases = [call(simulators, age=days * DAY_SECONDS) for days in (0.1, 1, 20)]
    ids = [case.id[:24] for case in cases]
    found = await VENDOR.look_up(caller, [*ids, "5f8e00000000000000000001"])
    assert {external_id: one.state for external_id, one in found.items()} == dict.fromkeys(ids, State.ENDED)


async def test_details_are_the_log_and_the_members(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]
) -> None:
    for age in (60.0, 20 * DAY_SECONDS):
        case = call(simulators, age=age)
        details = await VENDOR.fetch_details(caller, case.id[:24])
        assert details["log"][0]["message"] == "Call received"
        assert details["members"][0]["role"] == "Caller"
    assert await VENDOR.fetch_details(caller, "5f8e00000000000000000001") == {}


async def test_listing_is_limited_to_accounts(
    simulators: VendorSimulators, account: Reader, database: DatabaseThread
) -> None:
    calls = [call(simulators, luck=luck) for luck in (0.5, 0.95)]
    first, second = "5f8e000000000000000000a1", "5f8e000000000000000000a2"
    for ids, meant in (([second], calls[1:]), ([first, second], calls)):
        async with open_client(phones := account(account_ids=ids)) as client:
            found = await listed(Caller(phones, client, database))
        assert {one.external_id for one in found} == {case.id[:24] for case in meant}


async def test_life_of_a_call(simulators: VendorSimulators, caller: Caller[EvoVoiceAccount]) -> None:
    now = simulators.frame.now()
    later, earlier = now + 1000, now - 100
    lives: list[tuple[dict[str, Any], State]] = [
        ({"rung_at": later, "answered_at": later + 1}, State.WAITING),
        ({"rung_at": earlier, "answered_at": later}, State.RINGING),
        ({"answered_at": earlier}, State.ACTIVE),
        ({"answered_at": earlier, "holds": ((earlier, later),)}, State.ON_HOLD),
        ({"answered_at": earlier, "ended_at": now - 1}, State.ENDED),
        ({"answered_at": None, "ended_at": now - 1}, State.MISSED),
    ]
    for members, state in lives:
        case = call(simulators, age=200, **members)
        (one,) = [one for one in await listed(caller) if one.external_id == case.id[:24]]
        assert one.state is state
        assert (one.customer, one.queue_name) == (case.customer, "Parked" if state is State.ON_HOLD else one.queue_name)
        assert one.technician == (case.technician.name if state not in (State.WAITING, State.MISSED) else None)
        assert "log" not in one.raw


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ({"ended": True, "callState": "Connected"}, State.ENDED),
        ({"ended": True, "wasMissed": True}, State.MISSED),
        ({"dateCompleted": "2026-01-05T10:00:00Z"}, State.ENDED),
        ({"dateCompleted": "some day"}, State.ENDED),
        ({"dateCompleted": 17}, State.UNKNOWN),
        ({"dateCompleted": "0001-01-01T00:00:00.0000000"}, State.UNKNOWN),
        ({"ended": "yes"}, State.UNKNOWN),
        ({"callState": "Hold", "queueState": "Queued"}, State.ON_HOLD),
        ({"callState": "Connected", "queueState": "Hold"}, State.ON_HOLD),
        ({"callState": "Connected", "queueState": "Queued"}, State.WAITING),
        ({"callState": "Connected", "queueState": "Ringing"}, State.RINGING),
        ({"callState": "Connected", "queueState": "None"}, State.ACTIVE),
        ({"callState": "Disconnected", "queueState": "Connected"}, State.ACTIVE),
        ({"callState": "Ringing"}, State.RINGING),
        ({"callState": "Passive"}, State.ACTIVE),
        ({"callState": "connected "}, State.ACTIVE),
        ({"callState": "Disconnected", "dialState": "Active"}, State.ACTIVE),
        ({"callState": "Disconnected", "dialState": "None", "queueState": "None"}, State.UNKNOWN),
        ({"callState": "Whispering"}, State.UNKNOWN),
        ({"callState": 2}, State.UNKNOWN),
        ({"wasMissed": True}, State.MISSED),
        ({"members": [{"role": "Agent", "callState": "Hold"}]}, State.ON_HOLD),
        (
            {"members": [{"role": "Agent", "callState": "Hold"}, {"role": "Transfer", "callState": "Connected"}]},
            "active",
        ),
        ({"members": [{"role": "Caller", "callState": "Connected"}]}, State.UNKNOWN),
        ({"members": {"role": "Agent"}}, State.UNKNOWN),
        ({}, State.UNKNOWN),
    ],
)
def test_state_follows_the_documented_precedence(record: dict[str, Any], state: State) -> None:
    assert read_state(record) == state


@pytest.mark.parametrize(
    ("written", "basis"),
    [
        ("2026-01-02T03:04:05Z", TimeBasis.EXACT),
        ("2026-01-02T03:04:05.0000000Z", TimeBasis.EXACT),
        ("2026-01-02T03:04:05.0Z", TimeBasis.EXACT),
        ("2026-01-02T04:04:05.000+01:00", TimeBasis.EXACT),
        ("2026-01-02T01:34:05-0130", TimeBasis.EXACT),
        ("/Date(1767323045000)/", TimeBasis.EXACT),
        ("/Date(1767323045000+0100)/", TimeBasis.EXACT),
        ("2026-01-02T03:04:05", TimeBasis.ASSUMED_ZONE),
        ("2026-01-02 03:04:05.0000000", TimeBasis.ASSUMED_ZONE),
    ],
)
def test_dates_are_read_in_every_form(written: str, basis: TimeBasis) -> None:
    one = read_session({"id": "1", "dateCreated": written})
    assert one is not None
    assert (one.created_at, one.time_basis) == (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), basis)


@pytest.mark.parametrize("written", ["1/2/2026 3:04 AM", "2026-02-30T00:00:00Z", "/Date(x)/", 17, True, [], {}])
def test_unreadable_date_is_marked_and_kept_raw(written: object) -> None:
    one = read_session({"id": "1", "dateCreated": written})
    assert one is not None
    assert (one.created_at, one.time_basis) == (None, TimeBasis.UNREADABLE)
    assert one.raw["dateCreated"] == written


@pytest.mark.parametrize(
    ("channel", "kind"), [("Voice", "voice"), ("Chat", "chat"), ("Fax", "fax"), ("Hologram", "voice"), (None, "voice")]
)
def test_channel_is_the_kind(channel: object, kind: str) -> None:
    one = read_session({"id": "1", "channel": channel})
    assert one is not None
    assert one.kind is Kind(kind)


def test_who_is_called_is_the_customer_of_an_outgoing_call() -> None:
    record = {"id": "1", "fromName": "Pat", "fromAddress": "+1", "toAddress": "+2"}
    names = [read_session(record | {"direction": one}) for one in ("Incoming", "Outgoing", None)]
    assert [one.customer for one in names if one] == ["Pat", "+2", "Pat"]


MEMBERS = ("id", "ended", "dateCreated", "dateCompleted", "callState", "queueState", "members", "role", "channel")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["Hold", "Agent", "/Date(9)/"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(MEMBERS) | st.text(), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_without_an_error(record: Any) -> None:
    one = read_session(record)
    assert one is None or (bool(one.external_id) and isinstance(one.state, State))


@pytest.mark.parametrize("body", [[], {"items": {}}, {"items": "none"}, "text", 7])
async def test_answer_of_another_shape_is_an_error_in_words(
    simulators: VendorSimulators, caller: Caller[EvoVoiceAccount], body: Any
) -> None:
    with pytest.raises(RealtimeError, match=r"is not an? (object|list) as documented while listing its sessions"):
        evovoice.read_part(caller, body, evovoice.Place(0, in_archive=False))


async def test_simulator_refuses_what_the_product_refuses(simulators: VendorSimulators) -> None:
    url = simulators.url("evovoice")
    basic = {"Authorization": aiohttp.encode_basic_auth("simulator", SECRET), "Accept": "application/json"}
    async with aiohttp.ClientSession() as http:
        found = []
        for headers in (basic | {"User-Agent": "curl/8"}, {"Accept": "application/json"}, basic):
            async with http.get(url + "/sessions", headers=headers) as answer:
                found.append((answer.status, answer.content_type))
        async with http.delete(url + "/sessions", headers=basic) as answer:
            found.append((answer.status, answer.content_type))
    json = "application/json"
    assert found == [(403, "text/html"), (401, json), (200, json), (405, json)]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"password": "p"}, "lacks username; add the name of a user who may see the sessions"),
        ({"username": "u"}, "lacks its secret; add one of password, password_env, password_file"),
        ({"username": "u", "password": "p", "auth": "digest"}, "has a wrong auth: it must be one of cookie, basic"),
        ({"username": "u", "password": "p", "account_ids": "a"}, "has a wrong account_ids: it must be a list of ids"),
        ({"username": "u", "password": "p", "account_ids": ["a,b"]}, "has a wrong account_ids: each id must be text"),
    ],
)
def test_wrong_settings_are_told(tmp_path: Path, settings: dict[str, Any], sentence: str) -> None:
    entry = Entry("phones", settings, tmp_path)
    VENDOR.read(entry)
    assert [text[: len(sentence)] for _, text in entry.mistakes] == [sentence]
