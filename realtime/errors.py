"""Everything that can go wrong between us and a source. The class says who acts.

RealtimeError
├── Transient                nobody: it is tried again with back-off
│   ├── LinkLost             the connection ended, stalled or could not be made
│   ├── SourceBusy           429 or 5xx; `retry_after_seconds` where the source named it
│   ├── BudgetSpent          our own share of the vendor's request limit is used up; `retry_after_seconds`
│   ├── IllegalMessage       the appliance broke its protocol: the link is dropped and resynchronised
│   └── LeaseLost            another mirror or poll owns this source now: stand down and wait
└── OperatorNeeded           an operator: retried, at most every 30 s, and shown as what it is
    ├── CredentialsRefused   the source does not accept our credentials
    ├── PermissionMissing    the API account may not use this API
    └── Misconfigured        address, certificate or setting is wrong

Anything else is ours: a bug. `who_acts` is the one place that decides.
Every message is a sentence for an operator: the source's name, what happened, the mend. No secrets, no customer text.
"""

from enum import Enum


class RealtimeError(Exception):
    """Base of this package's errors; `str(error)` is a sentence an operator understands."""


class Transient(RealtimeError):
    """Passes by itself."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class LinkLost(Transient):
    """The connection ended, stalled or could not be made."""


class SourceBusy(Transient):
    """The source asked us to slow down or failed on its side."""


class BudgetSpent(Transient):
    """Our own share of the vendor's request limit is used up."""


class IllegalMessage(Transient):
    """The appliance sent something outside its protocol. The content is never part of the message."""


class LeaseLost(Transient):
    """Another mirror or poll owns this source now."""


class OperatorNeeded(RealtimeError):
    """Stays until somebody changes something."""


class CredentialsRefused(OperatorNeeded):
    """The credentials, or the token made of them, are not accepted."""


class PermissionMissing(OperatorNeeded):
    """The API account lacks a permission."""


class Misconfigured(OperatorNeeded):
    """An address, a certificate or a setting is wrong."""


class Actor(Enum):
    """Who has to act on an error."""

    NOBODY = "nobody"
    OPERATOR = "operator"
    US = "us"


def who_acts(error: BaseException) -> Actor:
    """Say whether an error passes by itself, waits for an operator, or is a bug of ours."""
    match error:
        case Transient() | ConnectionError() | TimeoutError():
            return Actor.NOBODY
        case OperatorNeeded():
            return Actor.OPERATOR
        case _:
            return Actor.US
