"""What the dashboard itself keeps, one module per concept."""

from dashboard.models.audit_entry import AuditEntry, AuditRetention
from dashboard.models.display import Display, PairingCode
from dashboard.models.one_time_link import OneTimeLink
from dashboard.models.person import Identity, IdentityEdit, Person
from dashboard.models.polling import Poll, PollRun, VendorRecord
from dashboard.models.queue_target import QueueTarget
from dashboard.models.right import RightHolder
from dashboard.models.saved_view import SavedView
from dashboard.models.team import Team
from dashboard.models.wallboard import Wallboard

__all__ = [
    "AuditEntry",
    "AuditRetention",
    "Display",
    "Identity",
    "IdentityEdit",
    "OneTimeLink",
    "PairingCode",
    "Person",
    "Poll",
    "PollRun",
    "QueueTarget",
    "RightHolder",
    "SavedView",
    "Team",
    "VendorRecord",
    "Wallboard",
]
