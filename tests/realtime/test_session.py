"""The dialogue as a state machine: its opening, its refusals, and when a copy counts as complete."""

from typing import Any

import orjson
import pytest

from realtime.change import Cause, Change
from realtime.errors import CredentialsRefused, IllegalMessage, PermissionMissing
from realtime.rows import Oddities, RowDecoder
from realtime.session import QUIET_SECONDS, SETTLE_LIMIT_SECONDS, Phase, Send, Session, Settled, Subscribed, Truncated
from tests.realtime.naive import SOURCE, Listener

AUTHENTICATED = b'{"type":"authenticate_response","success":true}\n'
SUBSCRIBED = b'{"type":"subscribe_response","success":true,"timestamp":1700000000}\n'


def message(**parts: Any) -> bytes:
    """Return a model update."""
    return orjson.dumps({"type": "model_update"} | parts) + b"\n"


def queues(*ids: int, part: str = "insert") -> bytes:
    """Return a model update that names queues."""
    return message(**{part: {"queue": {str(one): {"name": f"queue {one}"} for one in ids}}})


def live_listener(*ids: int) -> Listener:
    """Return a listener whose copy of some queues is complete."""
    listener = Listener()
    listener.connect()
    listener.hear(queues(*ids) if ids else message())
    assert listener.wait(QUIET_SECONDS)[-1] == Settled()
    return listener


def new_session(tables: tuple[str, ...] | None = None) -> Session:
    """Return a session that holds no rows."""
    return Session("secret", RowDecoder(SOURCE, Oddities()), lambda: {}, tables)


def held(listener: Listener) -> set[str]:
    """Return the ids of the queues held."""
    return set(listener.picture["queue"])


@pytest.mark.parametrize(
    ("tables", "asked"), [(None, b'"all"'), (("queue", "attendee"), b'["queue","attendee"]')], ids=["all", "some"]
)
def test_dialogue_opens_with_credentials_then_the_subscription(tables: tuple[str, ...] | None, asked: bytes) -> None:
    session = new_session(tables)
    assert session.start() == Send(b'{"type":"authenticate","credentials":{"bearer_token":"secret"}}\n')
    assert list(session.receive(AUTHENTICATED, 0)) == [Send(b'{"type":"subscribe","tables":' + asked + b"}\n")]
    assert session.phase is Phase.SUBSCRIBING
    assert session.due_at() is None
    assert list(session.receive(SUBSCRIBED, 5)) == [Subscribed(1700000000)]
    assert (session.phase, session.due_at(), session.message_count) == (Phase.COPYING, 5 + SETTLE_LIMIT_SECONDS, 2)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b'{"type":"authenticate_response","success":false,"reason":"bad token"}\n', CredentialsRefused),
        (b'{"type":"authenticate_response","success":"0"}\n', CredentialsRefused),
        (b'{"type":"authenticate_response"}\n', CredentialsRefused),
        (b'{"type":"authenticate_response","success":false,"reason":"No Permission."}\n', PermissionMissing),
        (AUTHENTICATED + b'{"type":"subscribe_response","success":0,"reason":"no"}\n', PermissionMissing),
        (SUBSCRIBED, IllegalMessage),
        (b"nonsense\n", IllegalMessage),
    ],
)
def test_refusals_and_nonsense_end_the_dialogue(answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as refusal:
        list(new_session().receive(answer, 0))
    assert "secret" not in str(refusal.value)


def test_reason_of_a_refusal_is_shown() -> None:
    with pytest.raises(CredentialsRefused, match=r"^desk: the appliance refused the token \(expired\)$"):
        list(new_session().receive(b'{"type":"authenticate_response","success":false,"reason":"expired"}\n', 0))


def test_messages_out_of_turn_are_ignored() -> None:
    listener = Listener()
    assert listener.hear(b'{"type":"truncate_model"}\n' + queues(1) + b'{"type":"hello"}\n') == []
    assert len(listener.hear(AUTHENTICATED)) == 1
    assert listener.hear(AUTHENTICATED + b'{"type":"truncate_model"}\n') == []
    assert listener.session.phase is Phase.SUBSCRIBING
    assert sorted(listener.oddities.counts) == [
        "model update before the subscription",
        "repeated message 'authenticate_response'",
        "unknown message type 'hello'",
    ]


def test_copy_before_the_subscribe_response_is_taken() -> None:
    listener = Listener()
    listener.hear(AUTHENTICATED, queues(1), SUBSCRIBED, queues(2))
    assert listener.wait(QUIET_SECONDS) == [Settled()]
    assert held(listener) == {"1", "2"}


def test_second_subscribe_response_begins_no_copy() -> None:
    listener = live_listener(1)
    assert listener.hear(SUBSCRIBED) == []
    assert listener.session.phase is Phase.LIVE


def test_copy_is_complete_after_a_quiet_second() -> None:
    listener = Listener()
    listener.connect()
    assert listener.wait(5) == []  # nothing came yet, so the copy has not begun
    listener.hear(queues(1))
    assert listener.wait(QUIET_SECONDS - 0.01) == []
    listener.hear(queues(2))
    assert listener.wait(QUIET_SECONDS - 0.01) == []
    assert listener.wait(0.01) == [Settled()]
    assert listener.session.due_at() is None
    assert [applied.cause for applied in listener.applied] == [Cause.COPY] * 2


def test_empty_copy_is_complete_after_the_limit_and_sweeps_all() -> None:
    listener = live_listener(1, 2)
    listener.connect()
    assert listener.wait(SETTLE_LIMIT_SECONDS - 0.01) == []
    assert held(listener) == {"1", "2"}
    assert listener.wait(0.01) == [
        Change(SOURCE, deletes={"queue": ["desk:1", "desk:2"]}, cause=Cause.SWEEP),
        Settled(),
    ]
    assert held(listener) == set()


def test_rows_named_by_the_copy_start_anew_and_the_rest_is_swept() -> None:
    listener = live_listener(1, 2, 3)
    listener.hear(message(update={"queue": {"1": {"type": "team"}}}))
    listener.connect()
    listener.hear(message(insert={"queue": {"1": {"code_name": "one"}}}))
    assert listener.picture["queue"]["1"] == {"code_name": "one"}
    assert held(listener) == {"1", "2", "3"}  # nobody sees an empty board between two copies
    listener.hear(message(update={"queue": {"1": {"type": "personal"}, "4": {}}}, delete={"queue": [3]}))
    assert listener.wait(QUIET_SECONDS)[0] == Change(SOURCE, deletes={"queue": ["desk:2"]}, cause=Cause.SWEEP)
    assert listener.picture["queue"] == {"1": {"code_name": "one", "type": "personal"}, "4": {}}


def test_deleted_and_reinserted_row_survives_the_sweep() -> None:
    listener = live_listener(1)
    listener.connect()
    listener.hear(message(delete={"queue": [1]}), queues(1))
    assert listener.wait(QUIET_SECONDS) == [Settled()]
    assert held(listener) == {"1"}


def test_truncate_keeps_the_rows_until_the_refill_rests() -> None:
    listener = live_listener(1, 2)
    assert listener.hear(b'{"type":"truncate_model"}\n') == [Truncated()]
    assert held(listener) == {"1", "2"}
    listener.hear(queues(2, 3))
    assert held(listener) == {"1", "2", "3"}
    listener.wait(QUIET_SECONDS)
    assert held(listener) == {"2", "3"}
    assert all(applied.cause is not Cause.LIVE for applied in listener.applied)


def test_truncate_marks_the_rows_of_its_own_frame() -> None:
    listener = live_listener()
    listener.hear(queues(1) + b'{"type":"truncate_model"}\n' + queues(2))
    listener.wait(QUIET_SECONDS)
    assert held(listener) == {"2"}


def test_truncate_during_a_copy_starts_it_over() -> None:
    listener = live_listener(1)
    listener.connect()
    listener.hear(queues(1, 2), b'{"type":"truncate_model"}\n')
    assert listener.wait(QUIET_SECONDS) == []  # the refill has not begun
    listener.hear(queues(2))
    listener.wait(QUIET_SECONDS)
    assert held(listener) == {"2"}


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_steady_changes_do_not_put_off_the_sweep(pieces: int) -> None:
    listener = live_listener(1, 2)
    listener.connect()
    listener.hear(queues(1))
    heard = []
    said = message(update={"queue": {"1": {"name": "busy"}}}) + b" "  # ends inside what may be the next message
    size = -(-len(said) // pieces)
    for _ in range(25 * pieces):
        for start in range(0, len(said), size):
            listener.hear(said[start : start + size])
            heard += listener.wait(0.5 / pieces)
    assert Settled() in heard
    assert held(listener) == {"1"}


def test_a_long_message_in_pieces_puts_off_the_sweep() -> None:
    listener = live_listener(1, 2)
    listener.connect()
    listener.hear(queues(1))
    slow = queues(2)
    for byte in slow[:-1]:
        listener.hear(bytes([byte]))
        assert listener.wait(0.9) == []
    listener.hear(slow[-1:])
    listener.wait(QUIET_SECONDS)
    assert held(listener) == {"1", "2"}


def test_live_changes_are_told_as_live() -> None:
    listener = live_listener(1)
    (step,) = listener.hear(
        message(insert={"queue": {"2": {}}}, update={"queue": {"9": {}}}, delete={"queue": [1, 77]})
    )
    assert isinstance(step, Change) and step.cause is Cause.LIVE
    assert held(listener) == {"2", "9"}


def test_rows_that_a_reconnect_copy_repeats_are_not_decoded_again() -> None:
    listener = live_listener()
    rows = {"1": {"name": "first", "novel": 0}, "2": {"name": "second"}}
    for _ in range(3):
        listener.connect()
        listener.hear(message(insert={"queue": rows}))
        listener.wait(QUIET_SECONDS)
    assert listener.oddities.counts == {"unknown field 'queue.novel'": 1}
    rows["2"] = {"name": "renamed"}
    listener.connect()
    listener.hear(message(insert={"queue": rows}))
    assert listener.picture["queue"] == rows


def test_messages_before_an_illegal_one_count() -> None:
    listener = live_listener()
    with pytest.raises(IllegalMessage):
        listener.hear(queues(1) + b"{\n" + queues(2))
    assert held(listener) == {"1"}
