"""Carries out faults on a running simulator."""

import asyncio
from typing import TYPE_CHECKING

from realtime.simulator.faults import Fault, Troubles
from realtime.simulator.subscriber import Subscriber

if TYPE_CHECKING:
    from realtime.simulator.server import Simulator

TRUNCATE = b'{"type":"truncate_model"}\n'
REFILL_SECONDS = 2.0
REFILL_STEPS = 20
BOMB_DEPTH = 100_000
OVERSIZE_BYTES = 65 * 1024 * 1024
OVERSIZE_STEP_BYTES = 1024 * 1024

MESSAGES = {
    Fault.BAD_JSON: b'{"type":"model_update","insert":{"queue":{\n',
    Fault.BAD_UTF8: b'{"type":"model_update","update":{"queue":{"1":{"name":"\xff\xfe\xc3("}}}}\n',
    Fault.NAN: b'{"type":"model_update","update":{"support_session":{"1":{"priority":NaN}}}}\n',
}


class Sabotage:
    """One method per fault that happens once; the lasting ones are only switched."""

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator

    async def cause(self, fault: Fault, arg: float | None, on: bool) -> None:
        """Cause a fault; a lasting one is switched on or off."""
        troubles = self._simulator.troubles
        if fault is Fault.CLEAR:
            self._clear()
        elif troubles.switch(fault, arg, on):
            self._freeze(troubles.half_open)
        elif fault is Fault.SKEW:
            self._simulator.center.skew((arg or 0.0) if on else 0.0)
        elif fault in MESSAGES:
            self._simulator.raw(MESSAGES[fault])
        else:
            self._happen(fault, arg)

    def _happen(self, fault: Fault, arg: float | None) -> None:
        match fault:
            case Fault.RESTART | Fault.RESTART_SAME_IDS:
                self._restart(same_ids=fault is Fault.RESTART_SAME_IDS)
            case Fault.TRUNCATE:
                self._truncate(REFILL_SECONDS if arg is None else arg)
            case Fault.DROP:
                for subscriber in list(self._simulator.subscribers):
                    subscriber.drop()
            case Fault.REVOKE:
                self._simulator.account.revoke()
            case Fault.BOMB:
                depth = int(arg or BOMB_DEPTH)
                self._simulator.raw(
                    b'{"type":"model_update","insert":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}\n"
                )
            case Fault.OVERSIZE:
                self._oversize(int(arg or OVERSIZE_BYTES))

    def _clear(self) -> None:
        self._simulator.troubles = Troubles()
        self._simulator.center.skew(0.0)
        self._freeze(frozen=False)

    def _freeze(self, frozen: bool) -> None:
        gate = self._simulator.writable
        if gate.is_set() is not frozen:
            return
        if frozen:
            gate.clear()
        else:
            gate.set()
        for subscriber in self._simulator.subscribers:
            subscriber.freeze(frozen)

    def _restart(self, same_ids: bool) -> None:
        self._simulator.center.restart(same_ids)
        for subscriber in self._subscribed():
            subscriber.send(TRUNCATE)
            self._simulator.copy_for(subscriber)

    def _truncate(self, seconds: float) -> None:
        for subscriber in self._subscribed():
            subscriber.send(TRUNCATE)
            self._simulator.spawn(self._refill(subscriber, seconds))

    async def _refill(self, subscriber: Subscriber, seconds: float) -> None:
        tables = self._simulator.center.tables
        if subscriber.dialect is None:
            return
        rows = sum(map(len, tables.values()))
        for message in subscriber.dialect.copy(tables, max(rows // REFILL_STEPS, 1)):
            if not subscriber.subscribed:
                return
            subscriber.send(message, allowed=True)
            await asyncio.sleep(seconds / REFILL_STEPS)  # the next slice is read only then: none is of before

    def _oversize(self, size: int) -> None:
        start = b'{"type":"model_update","insert":{"queue":{"1":{"name":"'
        for subscriber in self._subscribed():
            subscriber.send(start, *[b"x" * OVERSIZE_STEP_BYTES] * -(-size // OVERSIZE_STEP_BYTES), allowed=True)

    def _subscribed(self) -> list[Subscriber]:
        return [subscriber for subscriber in self._simulator.subscribers if subscriber.subscribed]
