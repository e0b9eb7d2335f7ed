"""What the network, TLS, HTTP and the websocket raise, as this package's errors: the one place that translates.

Sentences name the source and the mend. Nothing the appliance wrote becomes part of one.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx2
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.frames import CloseCode

from realtime.errors import (
    ApplianceBusy,
    CredentialsRefused,
    IllegalMessage,
    LinkLost,
    Misconfigured,
    PermissionMissing,
    RealtimeError,
)
from realtime.source import Appliance

LONGEST_RETRY_AFTER_SECONDS = 3600.0

Foreign = (httpx2.HTTPError, httpx2.InvalidURL, WebSocketException, OSError, EOFError)
"""What the libraries raise for reasons outside this program (TimeoutError and ssl.SSLError are OSErrors)."""


@contextmanager
def translated(appliance: Appliance, step: str) -> Iterator[None]:
    """Raise everything foreign as a RealtimeError. `step` completes "while …": "asking for a token"."""
    try:
        yield
    except Foreign as error:
        raise translate(appliance, step, error) from error


def translate(appliance: Appliance, step: str, error: BaseException) -> RealtimeError:
    """Return the RealtimeError that says who acts on a foreign error."""
    chain = tuple(causes(error))
    for cause in chain:
        match cause:
            case RealtimeError():
                return cause
            case ssl.SSLError():
                return tls_failure(appliance, cause)
            case socket.gaierror():
                return LinkLost(
                    f'{appliance.name}: the name "{appliance.host}" was not found by DNS; is it spelled right?'
                )
            case InvalidStatus():
                status, headers = cause.response.status_code, cause.response.headers
                return refusal(appliance, step, status, headers.get("Retry-After"))
            case ConnectionClosed():
                return closed(appliance, cause)
    if any(isinstance(cause, (TimeoutError, httpx2.TimeoutException)) for cause in chain):
        return LinkLost(f"{appliance.name}: no answer from {appliance.host} in time while {step}.")
    if is_wrong_address(error):
        return Misconfigured(
            f"{appliance.name}: {appliance.url} answers, but not as an appliance does (while {step}); check url."
        )
    return LinkLost(f"{appliance.name}: {reason(chain)} while {step} at {appliance.host}:{appliance.port}.")


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was raised from; the libraries wrap what the socket said."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def is_wrong_address(error: BaseException) -> bool:
    """Whether something answered that is no appliance. An answer cut off is not that: appliances restart."""
    if isinstance(error, InvalidMessage):
        return False
    return isinstance(error, (InvalidHandshake, InvalidURI, httpx2.InvalidURL, httpx2.UnsupportedProtocol))


def reason(chain: tuple[BaseException, ...]) -> str:
    """Say in words why a connection was not made or ended."""
    kinds: dict[type[BaseException], str] = {
        ConnectionRefusedError: "the connection was refused",
        ConnectionResetError: "the connection was reset",
        BrokenPipeError: "the connection was reset",
    }
    for cause in chain:
        if words := kinds.get(type(cause)):
            return words
        if isinstance(cause, OSError) and cause.strerror:
            return f"the connection failed ({cause.strerror})"
        if isinstance(cause, OSError) and str(cause).startswith("Multiple exceptions"):
            return "none of the host's addresses took the connection"
    return "the connection ended"


def tls_failure(appliance: Appliance, error: ssl.SSLError) -> RealtimeError:
    """Tell a certificate we must not trust from a connection that merely broke."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(f"{appliance.name}: {certificate_problem(appliance, error)}")
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)):
        return LinkLost(f"{appliance.name}: {appliance.host} broke off the TLS connection.")
    return Misconfigured(
        f"{appliance.name}: {appliance.host}:{appliance.port} does not speak TLS as expected; check url and its port."
    )


def certificate_problem(appliance: Appliance, error: ssl.SSLCertVerificationError) -> str:
    """Name the mend for a certificate that was not accepted (the codes are OpenSSL's X509_V_ERR_*)."""
    hostname_mismatch, ip_mismatch, expired = 62, 64, 10
    if error.verify_code in (hostname_mismatch, ip_mismatch):
        return f'the certificate is for another name than "{appliance.host}"; use in url the name it was issued for.'
    if error.verify_code == expired:
        return "the appliance's certificate has expired; renew it on the appliance."
    trust = "ca_bundle" if appliance.ca_bundle else "this machine's certificate authorities"
    mend = "set ca_bundle to the file with the certificate authority that issued it"
    return f"the certificate of {appliance.host} is not trusted by {trust} ({error.verify_message}); {mend}."


def closed(appliance: Appliance, error: ConnectionClosed) -> RealtimeError:
    """Say which side ended an open websocket, and whether over something illegal."""
    if error.sent is not None and error.sent.code in (CloseCode.MESSAGE_TOO_BIG, CloseCode.PROTOCOL_ERROR):
        return IllegalMessage(
            f"{appliance.name}: the appliance broke the websocket protocol (code {error.sent.code:d}); reconnecting."
        )
    if error.rcvd is not None and error.rcvd_then_sent is not False:
        return LinkLost(f"{appliance.name}: the appliance closed the websocket (code {error.rcvd.code:d}).")
    return LinkLost(f"{appliance.name}: the connection to {appliance.host} was lost.")


def refusal(appliance: Appliance, step: str, status: int, retry_after: str | None = None) -> RealtimeError:
    """Return the error for an HTTP status that is no success."""
    answer = f"{appliance.name}: HTTP {status} while {step}"
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return CredentialsRefused(f"{answer}: the credentials are not accepted; check client_id and client secret.")
        case HTTPStatus.FORBIDDEN:
            return PermissionMissing(f"{answer}: the API account may not do this; give it the permission.")
        case HTTPStatus.NOT_FOUND:
            return Misconfigured(f"{answer}: nothing is there; check url, and that the API is enabled.")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return ApplianceBusy(f"{answer}: the appliance asks us to slow down.", retry_after_seconds(retry_after))
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ApplianceBusy(f"{answer}: the appliance failed on its side.", retry_after_seconds(retry_after))
        case _ if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return Misconfigured(f"{answer}: the appliance redirects elsewhere; write its final address into url.")
        case _:
            return Misconfigured(f"{answer}: not what an appliance answers; check url.")


def retry_after_seconds(value: str | None) -> float | None:
    """Read a Retry-After header, given in seconds or as a date (RFC 9110 10.2.3); None when absent or unreadable."""
    if not value:
        return None
    seconds = float(value) if value.isascii() and value.isdigit() else seconds_until(value)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def seconds_until(date: str) -> float | None:
    """Seconds from now to an HTTP date, None when it is none."""
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
