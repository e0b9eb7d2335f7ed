"""Which part of the support center somebody may see, how much of customers' names, and what belongs to it. Pure.

A scope names queues by their lasting keys, and people by their keys in the identity map. To it belong those queues, the
representatives logged in to them, whatever these take part in, in any product, and whatever waits there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dashboard.boards.activity import ActivityRow
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import PresentationRow
from dashboard.boards.queues import QueueRow
from dashboard.boards.relations import NAMELESS, known_keys, members_of, queue_name, representative_name
from dashboard.boards.representatives import RepresentativeRow
from dashboard.boards.sessions import SessionRow
from dashboard.privacy import Privacy, stricter
from realtime.schema import split_key
from realtime.state import State

LEADING = ("lead", "manager")


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see. `queues` None means all of them and everybody; `customers`, what of names."""

    queues: frozenset[str] | None = None
    people: frozenset[str] = frozenset()
    customers: Privacy = Privacy.SHOWN

    @property
    def is_everything(self) -> bool:
        """Whether nothing is kept back."""
        return self.queues is None and self.customers is Privacy.SHOWN

    @property
    def sources(self) -> frozenset[str]:
        """The appliances that its queues are on; none where it names no queue."""
        return frozenset(split_key(key)[0] for key in self.queues or ())

    def joined(self, other: "Scope") -> "Scope":
        """Return the scope of somebody who may see both, of names what both leave."""
        customers = stricter(self.customers, other.customers)
        if self.queues is None or other.queues is None:
            return Scope(customers=customers)
        return Scope(self.queues | other.queues, self.people | other.people, customers)

    def met(self, other: "Scope") -> "Scope":
        """Return the scope of what is in both."""
        customers = stricter(self.customers, other.customers)
        if self.queues is None or other.queues is None:
            return replace(other if self.queues is None else self, customers=customers)
        return Scope(self.queues & other.queues, self.people & other.people, customers)


EVERYTHING = Scope()
NOTHING = Scope(frozenset())


@dataclass(frozen=True, slots=True)
class Sight:
    """What a scope comes to at a moment. `queue_keys` are the appliance's, personal queues of its people with them.

    One that `covers_all` names none.
    """

    covers_all: bool = False
    known_queues: frozenset[str] = frozenset()
    queue_keys: frozenset[str] = frozenset()
    queue_names: frozenset[str] = frozenset()
    representatives: frozenset[str] = frozenset()
    people: frozenset[str] = field(default=frozenset())

    def covers_queue(self, row: QueueRow) -> bool:
        """Whether a queue is one of the scope."""
        return self.covers_all or row.key in self.known_queues

    def covers_representative(self, row: RepresentativeRow) -> bool:
        """Whether somebody is logged in to a queue of the scope."""
        return self.covers_all or row.key in self.representatives

    def covers_session(self, row: SessionRow) -> bool:
        """Whether a session resides in a queue of the scope, or somebody of it takes part."""
        if self.covers_all or row.queue_key in self.queue_keys:
            return True
        return any(one.key in self.representatives for one in row.representatives)

    def covers_activity(self, row: ActivityRow) -> bool:
        """Whether somebody of the scope takes part, or it stands in a queue of the scope.

        A polled vendor knows no queue of ours but by name; what stands there is the scope's as long as nobody has it.
        """
        if self.covers_all or any(one.key in self.people for one in row.people):
            return True
        if row.opens.kind == "vendor-session":
            return not row.people and row.queue in self.queue_names
        return row.queue_key in self.queue_keys

    def covers_presentation(self, row: PresentationRow) -> bool:
        """Whether somebody of the scope presents."""
        return self.covers_all or any(one.key in self.people for one in row.presenters)


def sight_of(scope: Scope, moment: Moment) -> Sight:
    """Return what a scope comes to at a moment."""
    if scope.queues is None:
        return Sight(covers_all=True)
    state = moment.state
    known = {key: state.known_queues[key] for key in scope.queues if key in state.known_queues}
    queue_keys = {row.get("queue_id") or "" for row in known.values()} - {""}
    names = {row.get("name") or row.get("code_name") or "" for row in known.values()}
    names |= {queue_name(state.queues[key]) for key in queue_keys if key in state.queues}
    members = {rep: row for key in queue_keys for rep, row in members_of(state, key)}
    people = {
        person.key
        for rep, row in members.items()
        if (person := moment.people.find(split_key(rep)[0], row.get("username") or "", representative_name(row)))
    }
    personal = {row.get("queue_id") or "" for row in members.values()}
    return Sight(
        known_queues=frozenset(known),
        queue_keys=frozenset((queue_keys | personal) - {""}),
        queue_names=frozenset(names - {"", NAMELESS}),
        representatives=frozenset(members),
        people=scope.people | people,
    )


def scope_by_itself(moment: Moment, username: str) -> Scope:
    """Return the queues that somebody leads on an appliance, by the user name of their representative (seed 004)."""
    led = moment.once("led queues", lambda: _led_queues(moment.state))
    return Scope(frozenset(led.get(username.casefold(), ())))


def _led_queues(state: State) -> Mapping[str, set[str]]:
    """Return the lasting keys of the queues that each user name, in small letters, leads."""
    led: dict[str, set[str]] = {}
    for place in state.representative_queues.values():
        row = state.representatives.get(place.get("representative_id") or "", {})
        username, queue = row.get("username"), place.get("queue_id")
        if place.get("role") in LEADING and username and queue:
            led.setdefault(username.casefold(), set()).update(known_keys(state, queue))
    return led
