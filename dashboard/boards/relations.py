"""Who belongs to what, read off a State's indexes. Pure; rows that a reference names but nobody sent are left out."""

from collections.abc import Iterator

from realtime.schema import CustomerClient, Queue, Representative
from realtime.state import State

NAMELESS = "(no name)"
IDENTITY_LIMIT = 100  # characters; what vendors say has no limit, an address has


def clients_of(state: State, session_key: str) -> Iterator[CustomerClient]:
    """Yield the customer's clients in a session."""
    for key in state.referring("customer_client", "support_session_id", session_key):
        yield state.customer_clients[key]


def skills_of(state: State, session_key: str) -> tuple[str, ...]:
    """Return the code names of the skills a session asks for, sorted."""
    rows = state.support_session_skills
    keys = state.referring("support_session_skill", "support_session_id", session_key)
    return tuple(sorted({rows[key].get("code_name") or "" for key in keys} - {""}))


def representatives_in(state: State, session_key: str) -> Iterator[tuple[str, Representative]]:
    """Yield key and row of the representatives in a session, first come first."""
    parts = state.representative_support_sessions
    for key in state.referring("representative_support_session", "support_session_id", session_key):
        yield from _representative(state, parts[key].get("representative_id"))


def members_of(state: State, queue_key: str) -> Iterator[tuple[str, Representative]]:
    """Yield key and row of the representatives logged in to a queue, each once."""
    seen = set()
    for key in state.referring("representative_queue", "queue_id", queue_key):
        representative_key = state.representative_queues[key].get("representative_id")
        if representative_key not in seen:
            seen.add(representative_key)
            yield from _representative(state, representative_key)


def owner_of(state: State, queue_key: str) -> tuple[str, Representative] | None:
    """Return the representative whose personal queue this is."""
    for key in state.referring("representative", "queue_id", queue_key):
        return key, state.representatives[key]
    return None


def queue_keys_of(state: State, representative_key: str) -> list[str]:
    """Return the keys of the queues a representative is logged in to."""
    places = state.representative_queues
    keys = state.referring("representative_queue", "representative_id", representative_key)
    return [queue for queue in (places[key].get("queue_id") for key in keys) if queue]


def session_keys_of(state: State, representative_key: str) -> list[str]:
    """Return the keys of the sessions a representative is in."""
    parts = state.representative_support_sessions
    keys = state.referring("representative_support_session", "representative_id", representative_key)
    return [session for session in (parts[key].get("support_session_id") for key in keys) if session]


def sessions_in(state: State, queue_key: str) -> list[str]:
    """Return the keys of the sessions that reside in a queue."""
    return list(state.referring("support_session", "queue_id", queue_key))


def representative_name(row: Representative) -> str:
    """Return what colleagues call a representative."""
    names = (row.get("private_display_name"), row.get("public_display_name"), row.get("username"))
    return next((name for name in names if name and not name.isspace()), NAMELESS)


def name_or_none(name: str | None) -> str:
    """Return a name, or words for its absence: what cannot be seen cannot be clicked."""
    return name if name and not name.isspace() else NAMELESS


def skills_held(row: Representative) -> frozenset[str]:
    """Return the code names of a representative's skills."""
    return frozenset(name.strip() for name in (row.get("skill_code_names") or "").split(",") if name.strip())


def queue_name(row: Queue | None) -> str:
    """Return a queue's name."""
    return name_or_none(row.get("name") or row.get("code_name") if row else None)


def known_keys(state: State, queue_key: str) -> list[str]:
    """Return the lasting keys of a team queue's row; none for a personal or unknown one."""
    return list(state.referring("known_queue", "queue_id", queue_key))


def _representative(state: State, key: str | None) -> Iterator[tuple[str, Representative]]:
    row = state.representatives.get(key or "")
    if row is not None and key is not None:
        yield key, row


def link_of(key: str, identity: str) -> str:
    """Return what a link names a row of an appliance by: its key, and what tells it from the next owner of that key.

    An appliance that was restarted gives its row ids to others.
    """
    return f"{key}@{identity[:IDENTITY_LIMIT]}" if identity else key


def key_in(link: str) -> str:
    """Return the key of the row that a link names."""
    return link.partition("@")[0]
