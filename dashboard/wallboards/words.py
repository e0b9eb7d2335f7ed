"""What tiles and figures are called, and what they mean, as a screen explains them on a click (PRODUCT §6). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.wallboards.definition import Figure, Kind
from realtime.stays import SHORT_SECONDS


@dataclass(frozen=True, slots=True)
class Meaning:
    """A label, what is counted, and how."""

    label: str
    definition: str
    formula: str = ""


_IN_NO_RATE = f"Who left within {SHORT_SECONDS} s is in no rate, and neither is what ended while nobody listened."

FIGURES: Mapping[Figure, Meaning] = {
    Figure.WAITING: Meaning(
        "Waiting",
        "Sessions in a team or pre-wait queue that no representative is in.",
        "the number of open stays",
    ),
    Figure.LONGEST: Meaning(
        "Longest wait",
        "How long the session that waits longest has been in its queue, on the appliance's clock.",
        "now less the earliest start of an open stay",
    ),
    Figure.PAST_TARGET: Meaning(
        "Past target",
        "Sessions that have waited longer than their queue's target.",
        "open stays with now less start ≥ target",
    ),
    Figure.AT_RISK: Meaning(
        "At risk",
        "Sessions that have waited for three quarters of their queue's target, and not past it yet.",
        "open stays with 75 % of the target ≤ now less start < target",
    ),
    Figure.WITHIN_TARGET: Meaning(
        "Waiting in target",
        "Which share of those who wait now is within the target. It is no service level: that is of the day.",
        "open stays within target / open stays",
    ),
    Figure.PICKUP: Meaning(
        "Next pickup",
        "When the appliance expects the next waiting session to be picked up; overdue when that has passed.",
        "the earliest estimated pickup less now",
    ),
    Figure.WITH_REP: Meaning("With a rep", "Sessions that at least one representative is in."),
    Figure.ASSIGNED: Meaning("Assigned", "Sessions in a representative's own queue that nobody accepted yet."),
    Figure.CUSTOMER_GONE: Meaning("Customer gone", "Sessions without any customer client."),
    Figure.LOGGED_IN: Meaning("Logged in", "Representatives who are logged in; each counts once."),
    Figure.AVAILABLE: Meaning("Available", "Representatives who are available and in no session."),
    Figure.CAN_TAKE: Meaning(
        "Can take a session", "Representatives to whom the appliance would give a session now, some beside others."
    ),
    Figure.IN_SESSION: Meaning("In session", "Representatives who are in at least one session."),
    Figure.AWAY: Meaning("Away (idle)", "Representatives whom the appliance holds to be inactive."),
    Figure.BUSY_SHARE: Meaning(
        "Reps in session",
        "Which share of those who are logged in is in a session now. It is no occupancy: that is of a time.",
        "representatives in session / representatives logged in",
    ),
    Figure.UNSTAFFED: Meaning("Unstaffed queues", "Queues in which somebody waits and to which nobody is logged in."),
    Figure.GOING_ON: Meaning("Open, all vendors", "Sessions, calls and trainings that go on now, with every vendor."),
    Figure.TRAININGS: Meaning("Trainings now", "Trainings and presentations that run now."),
    Figure.SERVICE_LEVEL: Meaning(
        "Service level",
        f"Of all sessions that were answered or left today, those answered within their queue's target. {_IN_NO_RATE}",
        "answered in target / (answered + left less left early)",
    ),
    Figure.ABANDON_RATE: Meaning(
        "Abandon rate",
        f"Of all sessions that were answered or left today, those that left. {_IN_NO_RATE}",
        "(left less left early) / (answered + left less left early)",
    ),
    Figure.ABANDONED: Meaning(
        "Abandoned today", f"Sessions that left today unanswered, after {SHORT_SECONDS} s or more."
    ),
    Figure.ANSWERED: Meaning("Answered today", "Sessions of a queue that a representative took today."),
    Figure.AVERAGE_WAIT: Meaning(
        "Average wait",
        "How long those had waited whom a representative took today.",
        "all their waits together / answered",
    ),
    Figure.AVERAGE_SESSION: Meaning(
        "Average session",
        "For how long representatives had the sessions of a team that ended today, without the times in which nobody"
        " was in them. A session that nobody saw as a whole is left out.",
        "all their times with a representative together / sessions that ended after one had them",
    ),
}

KINDS: Mapping[Kind, Meaning] = {
    Kind.NUMBER: Meaning("Big number", "One figure."),
    Kind.TREND: Meaning(
        "Trend",
        "The line is the last hour, a look a minute, of the queues in sight. It has a gap where nobody watched, and"
        " ends with the minute before this one.",
    ),
    Kind.QUEUES: Meaning(
        "Queues",
        "A queue is past target when its longest wait is; at risk from three quarters of the target on; unstaffed when"
        " somebody waits and nobody is logged in to it.",
        "longest = now less the earliest start of an open stay; available = who would be given a session now",
    ),
    Kind.WAITING: Meaning(
        "Waiting list", "Who waits in which queue, since when and why: those past their target first, then the longest."
    ),
    Kind.REPRESENTATIVES: Meaning(
        "Representatives",
        "Who is logged in, in which state, since when. ≥ stands before a time whose beginning nobody saw.",
    ),
    Kind.STATES: Meaning(
        "Representatives by state", "Everybody who is logged in counts once, in the first state that applies."
    ),
    Kind.COMBINED: Meaning("All vendors", "What goes on now with every vendor, the most urgent first."),
    Kind.TRAININGS: Meaning("Trainings", "What runs now and what is planned next."),
    Kind.CLOCK: Meaning("Clock", "The server's clock, in the wallboard's time zone."),
    Kind.ANNOUNCEMENT: Meaning("Announcement", "What everybody is to know."),
}
