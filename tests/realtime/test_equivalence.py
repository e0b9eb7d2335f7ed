"""Invariant 1: after any legal sequence of messages, however split and timed, the State equals the appliance's tables.

And invariant 3: no message ends in anything but the three errors a dialogue may raise.
And invariant 6: what a copy or a sweep brings is never told as something that happened.
"""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from realtime.errors import CredentialsRefused, IllegalMessage, PermissionMissing
from realtime.session import Phase, Settled
from tests.realtime.histories import (
    CopyStyle,
    Said,
    arbitrary,
    copy_messages,
    copy_styles,
    encode,
    examples,
    frames,
    near_messages,
    updates,
)
from tests.realtime.naive import Listener, NaiveAppliance, check_causes, pointing, rebuilt, references


def tell(appliance: NaiveAppliance, said: Said) -> None:
    """Let the appliance itself do what its message says."""
    appliance.merge(said.inserts)
    appliance.merge(said.updates)
    appliance.delete(said.deletes)


class Dialogue(RuleBasedStateMachine):
    """An appliance and a mirror through updates, truncates, outages and new lifetimes."""

    def __init__(self) -> None:
        super().__init__()
        self.appliance = NaiveAppliance()
        self.listener = Listener()

    @property
    def is_live(self) -> bool:
        """Whether the copy is complete."""
        return self.listener.session.phase is Phase.LIVE

    def say(self, data: st.DataObject, *messages: dict[str, Any]) -> None:
        """Send messages in frames of any shape."""
        stream = encode(*messages, ascii_only=data.draw(st.booleans()))
        self.listener.hear(*data.draw(frames(stream)))

    @initialize(said=st.lists(updates(), max_size=3), style=copy_styles, data=st.data())
    def subscribe(self, said: list[Said], style: CopyStyle, data: st.DataObject) -> None:
        """The first copy."""
        for one in said:
            tell(self.appliance, one)
        self.listener.connect()
        self.say(data, *copy_messages(self.appliance.tables, style))

    @rule(said=st.lists(updates(), min_size=1, max_size=3), data=st.data())
    def update(self, said: list[Said], data: st.DataObject) -> None:
        """Live changes; also while the copy is under way, after its rows."""
        for one in said:
            tell(self.appliance, one)
        self.say(data, *(one.message for one in said))

    @rule(said=st.lists(updates(), max_size=2), style=copy_styles, data=st.data())
    def truncate(self, said: list[Said], style: CopyStyle, data: st.DataObject) -> None:
        """The appliance's processes restart: empty tables, then a copy of what there is in its new lifetime."""
        self.appliance.truncate()
        for one in said:
            tell(self.appliance, one)
        self.say(data, {"type": "truncate_model"}, *copy_messages(self.appliance.tables, style))

    @rule(missed=st.lists(updates(), max_size=3), forgets=st.booleans(), style=copy_styles, data=st.data())
    def reconnect(self, missed: list[Said], forgets: bool, style: CopyStyle, data: st.DataObject) -> None:
        """The link is lost in the middle of a message; things happen meanwhile, perhaps a new lifetime."""
        self.listener.hear(b'{"type":"model_update","insert":{"queue":{"1')
        if forgets:
            self.appliance.truncate()
        for one in missed:
            tell(self.appliance, one)
        self.listener.connect()
        self.say(data, *copy_messages(self.appliance.tables, style))

    @rule(seconds=st.sampled_from([0.1, 0.5, 0.9]))
    def rest_shortly(self, seconds: float) -> None:
        """Too short a silence to end a copy, when something came just before."""
        self.listener.wait(seconds)

    @precondition(lambda self: not self.is_live)
    @rule()
    def settle(self) -> None:
        """A silence that ends the copy, whatever came before."""
        self.listener.wait(10.0)
        assert self.is_live

    @invariant()
    def is_equal(self) -> None:
        """Once live, both pictures are one; before, nothing that the appliance holds is missing."""
        held, truth = self.listener.picture, self.appliance.picture
        if self.is_live:
            assert held == truth
        for table, rows in truth.items():
            assert {row_id: held[table].get(row_id) for row_id in rows} == rows

    @invariant()
    def is_indexed(self) -> None:
        """The indexes are those of a State built from scratch."""
        state = self.listener.state
        assert references(state) == pointing(state) == references(rebuilt(state))

    @invariant()
    def tells_no_events(self) -> None:
        """Copies and sweeps are never live."""
        check_causes(self.listener.steps)


Dialogue.TestCase.settings = examples(25)
test_dialogue_keeps_the_state_equal = Dialogue.TestCase


@examples(100)
@given(st.lists(updates(), max_size=5), st.lists(updates(), max_size=5), copy_styles, st.booleans(), st.data())
def test_stale_state_and_copy_equal_fresh_state(
    before: list[Said], missed: list[Said], style: CopyStyle, truncates: bool, data: st.DataObject
) -> None:
    appliance, stale, fresh = NaiveAppliance(), Listener(), Listener()
    for one in before:
        tell(appliance, one)
    stale.connect()
    stale.hear(encode(*copy_messages(appliance.tables, style)))
    assert stale.wait(10)[-1] == Settled()
    for one in missed:
        tell(appliance, one)
    copy = encode(*copy_messages(appliance.tables, style))
    torn = encode(*copy_messages(appliance.tables, style)[:1], {"type": "truncate_model"}) if truncates else b""
    for listener in (stale, fresh):
        listener.connect()
        listener.hear(*data.draw(frames(torn + copy)))
        assert listener.wait(10)[-1] == Settled()
    assert stale.state.tables == fresh.state.tables
    assert stale.picture == appliance.picture


@examples(300)
@given(st.lists(arbitrary | near_messages, max_size=6), st.booleans(), st.booleans())
def test_arbitrary_json_raises_only_the_errors_of_a_dialogue(
    messages: list[Any], is_connected: bool, allow_nan: bool
) -> None:
    listener = Listener()
    if is_connected:
        listener.connect()
    for message in messages:
        text = json.dumps(message, ensure_ascii=False) if allow_nan else json.dumps(message)
        try:
            listener.hear(text.encode("utf-8", "surrogatepass") + b"\n")
            listener.wait(0.4)
        except (IllegalMessage, CredentialsRefused, PermissionMissing):
            return
    check_causes(listener.steps)
    assert references(listener.state) == pointing(listener.state)


@examples(300)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"\n", b'{"type":"', b'"}', b"{}", b"\xff"]), max_size=12))
def test_arbitrary_bytes_raise_only_illegal_messages(pieces: list[bytes]) -> None:
    listener = Listener()
    listener.connect()
    try:
        listener.hear(*pieces, b"\n")
    except IllegalMessage:
        return
    assert listener.session.phase is Phase.COPYING
