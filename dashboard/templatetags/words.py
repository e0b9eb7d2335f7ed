"""The product's words and shapes for states, levels and kinds: one place, so that every page says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import template

from dashboard.boards.overview import StateShare
from dashboard.boards.representatives import RepresentativeRow
from realtime.presence import RepresentativeState

register = template.Library()

_WORDS: Mapping[str, str] = {
    # sessions
    "waiting": "Waiting",
    "with-rep": "With a rep",
    "assigned": "Assigned",
    "customer-gone": "Customer gone",
    # activities of all vendors
    "ringing": "Ringing",
    "on hold": "On hold",
    "active": "In progress",
    "due": "Due now",
    "unknown": "Unknown",
    "scheduled": "Scheduled",
    "missed": "Missed",
    "ended": "Ended",
    "now": "Now",
    # moments in a session's life
    "scheduled_at": "Planned for",
    "created_at": "Created",
    "started_at": "Started",
    "joined_at": "Joined",
    "ended_at": "Ended",
    # phases of trainings and presentations
    "running": "Now",
    "next": "Next, today",
    "later": "Later",
    "just-ended": "Just ended",
    # vendors and what one does in their products
    "beyondtrust": "BeyondTrust",
    "seeit": "Seeit",
    "gototraining": "GoToTraining",
    "takecontrol": "Take Control",
    "evovoice": "EvoVoice",
    "support": "Support session",
    "camera": "Video assist",
    "training": "Training",
    "voice": "Call",
    "chat": "Chat",
    "fax": "Fax",
    "presentation": "Presentation",
    # representatives
    "in-session": "In session",
    "presenting": "Presenting",
    "not-accepting": "Not accepting",
    "away": "Away (idle)",
    "at-max": "At max sessions",
    "available": "Available",
    "unavailable": "Unavailable",
    # levels and conditions
    "ok": "In time",
    "risk": "At risk",
    "critical": "Past target",
    "unstaffed": "Unstaffed",
    "empty": "Unstaffed, empty",
    # age bands
    "past-target": "Past target",
    "under-15-min": "Less than 15 min",
    "15-to-60-min": "15 min to 1 h",
    "over-1-h": "More than 1 h",
    "no-age": "Age unknown",
    # customer clients
    "desktop": "Desktop",
    "mobile": "Mobile",
    "rdp": "RDP",
    "vnc": "VNC",
    "vpro": "vPro",
    "shell": "Shell",
    "web_chat": "Web chat",
    # start methods
    "session_key": "Session key",
    "rep_list": "Rep list",
    "issue_submission": "Issue form",
    "local_jump": "Local Jump",
    "remote_jump": "Remote Jump",
    "shell_jump": "Shell Jump",
    "local_rdp": "Local RDP",
    "remote_rdp": "Remote RDP",
    "local_vnc": "Local VNC",
    "remote_vnc": "Remote VNC",
    # priorities, kinds of representatives and queues, roles in a queue
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "normal": "Staff",
    "invited": "Invited",
    "team": "Team",
    "personal": "Personal queues",
    "prewait": "Pre-wait",
    "member": "Member",
    "lead": "Lead",
    "manager": "Manager",
}
_ICONS: Mapping[str, str] = {
    "desktop": "screen",
    "mobile": "mobile",
    "rdp": "remote",
    "vnc": "remote",
    "vpro": "remote",
    "shell": "shell",
    "web_chat": "chat",
    "session_key": "key",
    "rep_list": "list",
    "issue_submission": "form",
}
_VENDOR_MARKS: Mapping[str, str] = {
    "beyondtrust": "BT",
    "seeit": "Se",
    "gototraining": "GT",
    "takecontrol": "TC",
    "evovoice": "EV",
}
_AT_WORK: Mapping[str, str] = {
    "support": "With a rep",
    "camera": "Live",
    "training": "On air",
    "voice": "Talking",
    "chat": "Chatting",
    "presentation": "Presenting",
}
_SHAPES: Mapping[str, str] = {
    "ringing": "waiting",
    "on hold": "hold",
    "active": "session",
    "due": "planned",
    "scheduled": "planned",
    "missed": "risk",
    "ended": "off",
    "waiting": "waiting",
    "with-rep": "session",
    "assigned": "waiting",
    "customer-gone": "gone",
    "in-session": "session",
    "presenting": "presenting",
    "not-accepting": "closed",
    "away": "away",
    "at-max": "max",
    "available": "available",
    "unavailable": "off",
    "ok": "ok",
    "risk": "risk",
    "critical": "critical",
    "unstaffed": "critical",
    "empty": "off",
}
_HEADINGS: Mapping[tuple[str, str], str] = {
    ("sessions", "state"): "Session",
    ("sessions", "customer"): "Customer",
    ("sessions", "queue"): "Queue",
    ("sessions", "how"): "How",
    ("sessions", "priority"): "Prio",
    ("sessions", "skill"): "Skill",
    ("sessions", "with"): "With, or why it waits",
    ("sessions", "pickup"): "Pickup",
    ("sessions", "age"): "In system",
    ("representatives", "name"): "Representative",
    ("representatives", "state"): "State",
    ("representatives", "since"): "Time in state",
    ("representatives", "sessions"): "With",
    ("representatives", "queues"): "Queues",
    ("representatives", "skills"): "Skills",
    ("representatives", "login"): "Logged in",
    ("queues", "name"): "Queue",
    ("queues", "condition"): "State",
    ("queues", "waiting"): "Waiting",
    ("queues", "longest"): "Longest",
    ("queues", "target"): "Against target",
    ("queues", "pickup"): "Next pickup",
    ("queues", "service"): "Service level today",
    ("queues", "abandoned"): "Abandoned",
    ("queues", "members"): "Representatives",
    ("presentations", "when"): "When",
    ("presentations", "name"): "Training or presentation",
    ("presentations", "state"): "State",
    ("presentations", "presenter"): "With",
    ("presentations", "attendees"): "Attendees",
    ("combined", "state"): "State",
    ("combined", "what"): "For whom, about what",
    ("combined", "kind"): "In",
    ("combined", "person"): "With",
    ("combined", "queue"): "Queue",
    ("combined", "begun"): "Begun",
}
_FIGURES = frozenset({"pickup", "age", "since", "login", "waiting", "longest", "begun", "service", "abandoned"})
_NOTHING = {
    "sessions": "No session in the system",
    "representatives": "Nobody is logged in",
    "queues": "No queue seen yet",
    "presentations": "Nothing runs, nothing is planned",
    "combined": "Nothing goes on with any vendor",
}
_PRIORITIES = {1: "High", 2: "Medium", 3: "Low"}


@register.filter
def words(value: str) -> str:
    """Return what people call a value; one we do not know is shown as the appliance wrote it."""
    return _WORDS.get(value, value)


@register.filter
def vendor_mark(vendor: str) -> str:
    """Return a vendor's two letters."""
    return _VENDOR_MARKS.get(vendor, vendor[:2].title())


@register.filter
def at_work(kind: str) -> str:
    """Return what people do in an activity that is in progress."""
    return _AT_WORK.get(kind, _WORDS["active"])


@register.filter
def heading(board: str, column: str) -> str:
    """Return what stands above a column of a board's list."""
    return _HEADINGS[board, column]


@register.filter
def is_figure(column: str) -> bool:
    """Say whether a column holds figures, which are aligned at their end."""
    return column in _FIGURES


@register.filter
def nothing(board: str) -> str:
    """Return what a list says when there is nothing to list."""
    return _NOTHING[board]


@register.filter
def shape(value: str) -> str:
    """Return the glyph of a state, level or condition."""
    return _SHAPES.get(value, "unknown")


@register.filter
def icon(value: str) -> str:
    """Return the icon of a client type or start method."""
    return _ICONS.get(value, "jump")


@register.filter
def priority(value: int | None) -> str:
    """Return a priority in a word; the appliance's 1 is the highest."""
    return "–" if value is None else _PRIORITIES.get(value, str(value))


@register.filter
def bars(value: int | None) -> int:
    """Return how many of three steps a priority lights."""
    return 4 - value if value in _PRIORITIES else 0


@register.filter
def initials(name: str) -> str:
    """Return up to two letters for a name's avatar."""
    parts = [part for part in name.split() if part[0].isalnum()]
    letters = [parts[0], parts[-1]] if len(parts) > 1 else parts
    return "".join(part[0] for part in letters).upper()[:2] or "?"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a stacked bar, in per cent of its width."""

    shape: str
    start: str
    width: str


def _pair(one: Any) -> tuple[str, int]:
    """Return (state, count) of such a pair, of a share or of a choice."""
    match one:
        case (state, count):
            return state, count
        case StateShare():
            return one.state, one.count
        case _:
            return one.value, one.count


@register.filter
def segments(members: Sequence[Any]) -> list[Segment]:
    """Return the stacked bar of how many are in which state."""
    pairs = [_pair(one) for one in members]
    total = sum(count for _, count in pairs) or 1
    made, before = [], 0
    for state, count in pairs:
        if count:
            made.append(Segment(shape(state), f"{100 * before / total:.2f}%", f"{100 * count / total:.2f}%"))
        before += count
    return made


@register.filter
def summary(members: Sequence[Any]) -> str:
    """Return how many are in which state in words, for those who do not see the bar."""
    return ", ".join(f"{count} {words(state)}" for state, count in map(_pair, members) if count) or "nobody"


@register.filter
def flags(row: RepresentativeRow) -> str:
    """Return a representative's raw routing flags, as the appliance sent them."""
    named = {
        "available": row.flags.available,
        "busy": row.flags.busy,
        "enabled": row.flags.enabled,
        "idle": row.flags.idle,
    }
    return ", ".join(f"routing_{name} {'–' if value is None else int(value)}" for name, value in named.items())


@register.filter
def state_words(row: RepresentativeRow) -> str:
    """Return a representative's state, with the number of sessions where they are in some."""
    if row.state is RepresentativeState.IN_SESSION:
        return f"{_WORDS[row.state]} ({len(row.parts)})"
    return _WORDS[row.state]
