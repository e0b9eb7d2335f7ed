"""Rows and details without what their viewer may not see of customers. Pure.

Names of customers, companies and attendees become initials or go, as on walls. Descriptions, subjects, titles, values
of attributes, host names and links go in both cases: initials of a sentence say nothing, and it may hold a name.
"""

from dataclasses import replace

from dashboard.boards.activity import ActivityRow
from dashboard.boards.details import QueueDetail, RepresentativeDetail, SessionDetail, VendorSessionDetail
from dashboard.boards.presentations import PresentationRow
from dashboard.boards.queues import QueueRow
from dashboard.boards.relations import NAMELESS
from dashboard.boards.representatives import RepresentativeRow
from dashboard.boards.sessions import SessionRow
from dashboard.privacy import Privacy, masked

WITHHELD = "(hidden)"  # what cannot be seen cannot be clicked


def name_left(name: str, privacy: Privacy) -> str:
    """Return what is left of a name that has to say something."""
    return name if name == NAMELESS else masked(name, privacy) or WITHHELD


def withheld(text: str) -> str:
    """Return that there is a text, or that there is none."""
    return WITHHELD if text else ""


def mask_session(row: SessionRow, privacy: Privacy) -> SessionRow:
    """Return what is left of a session."""
    return replace(row, customer=name_left(row.customer, privacy), company=masked(row.company, privacy))


def mask_representative(row: RepresentativeRow, privacy: Privacy) -> RepresentativeRow:
    """Return what is left of a representative: the customers they are with."""
    parts = tuple(replace(part, customer=name_left(part.customer, privacy)) for part in row.parts)
    return replace(row, parts=parts)


def mask_queue(row: QueueRow, _privacy: Privacy) -> QueueRow:
    """Return a queue, which names no customer."""
    return row


def mask_activity(row: ActivityRow, privacy: Privacy) -> ActivityRow:
    """Return what is left of an activity; something has to name it."""
    customer = name_left(row.customer, privacy) if row.customer else ""
    subject = "" if customer else withheld(row.subject)
    return replace(row, customer=customer, organisation=masked(row.organisation, privacy), subject=subject)


def mask_presentation(row: PresentationRow, privacy: Privacy) -> PresentationRow:
    """Return what is left of a training or presentation."""
    guests = row.guests and tuple(
        replace(one, name=name_left(one.name, privacy), hostname=withheld(one.hostname)) for one in row.guests
    )
    return replace(row, name=row.name if row.name == NAMELESS else WITHHELD, guests=guests)


def mask_session_detail(detail: SessionDetail, privacy: Privacy) -> SessionDetail:
    """Return what is left of everything about a session."""
    return replace(
        detail,
        row=mask_session(detail.row, privacy),
        description="",
        issue="",
        company_code="",
        clients=tuple(replace(client, hostname=withheld(client.hostname)) for client in detail.clients),
        attributes=(),
    )


def mask_representative_detail(detail: RepresentativeDetail, privacy: Privacy) -> RepresentativeDetail:
    """Return what is left of everything about a representative."""
    sessions = tuple(mask_session(session, privacy) for session in detail.sessions)
    return replace(detail, row=mask_representative(detail.row, privacy), sessions=sessions)


def mask_queue_detail(detail: QueueDetail, privacy: Privacy) -> QueueDetail:
    """Return what is left of everything about a queue: who waits in it."""
    return replace(detail, waiting=tuple(mask_session(session, privacy) for session in detail.waiting))


def mask_vendor_session_detail(detail: VendorSessionDetail, privacy: Privacy) -> VendorSessionDetail:
    """Return what is left of everything about a polled vendor's session."""
    return replace(detail, row=mask_activity(detail.row, privacy), url="")
