"""What can go wrong with a simulated appliance, and how a fault is named on a command line."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Lasting faults (marked L) stay until switched off; the others happen once."""

    RESTART = "restart"  # truncate_model and every row anew: a new lifetime with new ids
    RESTART_SAME_IDS = "restart_same_ids"  # a new lifetime in which the ids are given to other rows
    TRUNCATE = "truncate"  # truncate_model, then the same rows again over ARG seconds (default 2)
    DROP = "drop"  # every websocket's TCP connection ends without a word
    HALF_OPEN = "half_open"  # L: nothing is read, written or answered any more; new connections hang
    REVOKE = "revoke"  # no token handed out so far is valid any more
    REFUSE_CREDENTIALS = "refuse_credentials"  # L: the right client id and secret are refused
    MISSING_PERMISSION = "missing_permission"  # L: the account may not use the real-time state API
    TOKEN_STATUS = "token_status"  # noqa: S105 - L: /oauth2/token answers with status ARG
    COMMAND_STATUS = "command_status"  # L: /api/command and /check_health answer with status ARG
    COMMAND_ERROR = "command_error"  # L: /api/command answers every action with status 200 and an XML error
    WEBSOCKET_STATUS = "websocket_status"  # L: /nw answers with status ARG
    SLOW = "slow"  # L: each websocket carries ARG bytes per second
    BAD_JSON = "bad_json"
    BAD_UTF8 = "bad_utf8"
    NAN = "nan"
    BOMB = "bomb"  # a message nested ARG levels deep (default 100,000)
    OVERSIZE = "oversize"  # ARG bytes (default 65 MiB) without a newline
    SKEW = "skew"  # L: the appliance's clock is ARG seconds off; rows written before keep their timestamps
    IGNORE_PINGS = "ignore_pings"  # L
    CLOSE_AFTER_SUBSCRIBE = "close_after_subscribe"  # L: the websocket closes right after subscribe_response
    CLEAR = "clear"  # every lasting fault is switched off


LASTING_NEEDING_NUMBER = {Fault.TOKEN_STATUS, Fault.COMMAND_STATUS, Fault.WEBSOCKET_STATUS, Fault.SLOW, Fault.SKEW}


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault to cause `after_seconds` from the start."""

    fault: Fault
    arg: float | None = None
    after_seconds: float = 0.0


def read_fault(text: str) -> PlannedFault:
    """Read NAME[=ARG][@SECONDS]; raises ValueError with a sentence."""
    text, _, after = text.partition("@")
    name, _, arg = text.partition("=")
    try:
        fault = Fault(name)
    except ValueError:
        raise ValueError(f'there is no fault "{name}"; known: {", ".join(Fault)}') from None
    planned = PlannedFault(fault, float(arg) if arg else None, float(after or 0))
    if planned.arg is None and fault in LASTING_NEEDING_NUMBER:
        raise ValueError(f"{fault} needs a number: {fault}=…")
    return planned


@dataclass(slots=True)
class Troubles:
    """The lasting faults in force; 0 and False stand for none."""

    half_open: bool = False
    refuse_credentials: bool = False
    missing_permission: bool = False
    command_error: bool = False
    ignore_pings: bool = False
    close_after_subscribe: bool = False
    token_status: int = 0
    command_status: int = 0
    websocket_status: int = 0
    slow: float = 0.0

    def switch(self, fault: Fault, arg: float | None, on: bool) -> bool:
        """Switch a lasting fault; False if the fault is none of these."""
        if fault not in self.__slots__:
            return False
        kind = type(getattr(self, fault))
        setattr(self, fault, kind(arg if arg is not None else True) if on else kind())
        return True
