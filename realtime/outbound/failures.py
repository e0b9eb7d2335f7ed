"""What the network, TLS, HTTP and the websocket raise, as this package's errors: the one place that translates.

Sentences name the source and the mend. Nothing the vendor wrote becomes part of one.
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
    CredentialsRefused,
    IllegalMessage,
    LinkLost,
    Misconfigured,
    PermissionMissing,
    RealtimeError,
    SourceBusy,
)
from realtime.outbound.endpoint import Endpoint

LONGEST_RETRY_AFTER_SECONDS = 3600.0

Foreign = (httpx2.HTTPError, httpx2.InvalidURL, WebSocketException, OSError, EOFError)
"""What the libraries raise for reasons outside this program (TimeoutError and ssl.SSLError are OSErrors)."""


@contextmanager
def translated(endpoint: Endpoint, step: str) -> Iterator[None]:
    """Raise everything foreign as a RealtimeError. `step` completes "while …": "asking for a token"."""
    try:
        yield
    except Foreign as error:
        raise translate(endpoint, step, error) from error


def translate(endpoint: Endpoint, step: str, error: BaseException) -> RealtimeError:
    """Return the RealtimeError that says who acts on a foreign error."""
    chain = tuple(causes(error))
    for cause in chain:
        match cause:
            case RealtimeError():
                return cause
            case ssl.SSLError():
                return tls_failure(endpoint, cause)
            case socket.gaierror():
                return LinkLost(
                    f'{endpoint.name}: the name "{endpoint.host}" was not found by DNS; is it spelled right?'
                )
            case InvalidStatus():
                status, headers = cause.response.status_code, cause.response.headers
                return refusal(endpoint, step, status, headers.get("Retry-After"))
            case ConnectionClosed():
                return closed(endpoint, cause)
    if any(isinstance(cause, (TimeoutError, httpx2.TimeoutException)) for cause in chain):
        return LinkLost(f"{endpoint.name}: no answer from {endpoint.host} in time while {step}.")
    if is_wrong_address(error):
        return Misconfigured(
            f"{endpoint.name}: {endpoint.url} answers, but not as {endpoint.noun} does (while {step}); check url."
        )
    return LinkLost(f"{endpoint.name}: {reason(chain)} while {step} at {endpoint.host}:{endpoint.port}.")


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was raised from; the libraries wrap what the socket said."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def is_wrong_address(error: BaseException) -> bool:
    """Whether something else answered. An answer cut off is not that: appliances restart."""
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


def tls_failure(endpoint: Endpoint, error: ssl.SSLError) -> RealtimeError:
    """Tell a certificate we must not trust from a connection that merely broke."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(f"{endpoint.name}: {certificate_problem(endpoint, error)}")
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)):
        return LinkLost(f"{endpoint.name}: {endpoint.host} broke off the TLS connection.")
    return Misconfigured(
        f"{endpoint.name}: {endpoint.host}:{endpoint.port} does not speak TLS as expected; check url and its port."
    )


def certificate_problem(endpoint: Endpoint, error: ssl.SSLCertVerificationError) -> str:
    """Name the mend for a certificate that was not accepted (the codes are OpenSSL's X509_V_ERR_*)."""
    hostname_mismatch, ip_mismatch, expired = 62, 64, 10
    if error.verify_code in (hostname_mismatch, ip_mismatch):
        return f'the certificate is for another name than "{endpoint.host}"; use in url the name it was issued for.'
    if error.verify_code == expired:
        return f"{endpoint.noun}'s certificate has expired; it has to be renewed there."
    trust = "ca_bundle" if endpoint.ca_bundle else "this machine's certificate authorities"
    mend = "set ca_bundle to the file with the certificate authority that issued it"
    return f"the certificate of {endpoint.host} is not trusted by {trust} ({error.verify_message}); {mend}."


def closed(endpoint: Endpoint, error: ConnectionClosed) -> RealtimeError:
    """Say which side ended an open websocket, and whether over something illegal."""
    if error.sent is not None and error.sent.code in (CloseCode.MESSAGE_TOO_BIG, CloseCode.PROTOCOL_ERROR):
        return IllegalMessage(
            f"{endpoint.name}: {endpoint.noun} broke the websocket protocol (code {error.sent.code:d}); reconnecting."
        )
    if error.rcvd is not None and error.rcvd_then_sent is not False:
        return LinkLost(f"{endpoint.name}: {endpoint.noun} closed the websocket (code {error.rcvd.code:d}).")
    return LinkLost(f"{endpoint.name}: the connection to {endpoint.host} was lost.")


def refusal(endpoint: Endpoint, step: str, status: int, retry_after: str | None = None) -> RealtimeError:
    """Return the error for an HTTP status that is no success."""
    answer = f"{endpoint.name}: HTTP {status} while {step}"
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return CredentialsRefused(f"{answer}: the credentials are not accepted; check {endpoint.credentials}.")
        case HTTPStatus.FORBIDDEN:
            return PermissionMissing(f"{answer}: the account may not do this; give it the permission.")
        case HTTPStatus.NOT_FOUND:
            return Misconfigured(f"{answer}: nothing is there; check url, and that the API is enabled.")
        case HTTPStatus.CONFLICT:
            return SourceBusy(f"{answer}: {endpoint.noun} is not ready for this yet.", retry_after_seconds(retry_after))
        case HTTPStatus.TOO_MANY_REQUESTS:
            return SourceBusy(f"{answer}: {endpoint.noun} asks us to slow down.", retry_after_seconds(retry_after))
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return SourceBusy(f"{answer}: {endpoint.noun} failed on its side.", retry_after_seconds(retry_after))
        case _ if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return Misconfigured(f"{answer}: {endpoint.noun} redirects elsewhere; write its final address into url.")
        case _:
            return Misconfigured(f"{answer}: not what {endpoint.noun} answers; check url.")


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
