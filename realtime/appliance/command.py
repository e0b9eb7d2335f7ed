"""The command API: XML answers, read by local names only because the namespace differs by version.

An `<error>` element is an error, whatever the HTTP status says (seed 004, "Remote Support Command API").
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from xml.etree.ElementTree import Element, ParseError  # the types only; defusedxml does the parsing

import orjson
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from realtime.appliance import oauth
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, Misconfigured, PermissionMissing
from realtime.outbound.failures import refusal
from realtime.outbound.http import Answer, request
from realtime.source import Appliance

PATH = "/api/command"
LIMIT_BYTES = 8 * 1024 * 1024
DEPTH_LIMIT = 64


@dataclass(frozen=True, slots=True)
class ApiAccount:
    """What `get_api_info` tells: the API's version, and our permissions by name."""

    version: str
    permissions: Mapping[str, str]

    def allows(self, permission: str) -> bool | None:
        """Whether a permission is given; None when the appliance did not name it."""
        value = self.permissions.get(permission)
        return None if value is None else value.lower() not in ("", "0", "false", "deny")


async def fetch_account(appliance: Appliance, database: DatabaseThread) -> ApiAccount:
    """Ask an appliance what our API account is and may do."""
    root = await command(appliance, database, "get_api_info")
    texts = {local_name(child): (child.text or "").strip() for child in root}
    return ApiAccount(texts.get("api_version", ""), dict(read_permissions(root)))


async def command(appliance: Appliance, database: DatabaseThread, action: str, **arguments: str) -> Element:
    """Run a command and return the answer's root element.

    A token that is refused is dropped and the command tried once more. Raises the errors of `realtime.errors`.
    """
    for is_last in (False, True):
        token = await oauth.token(appliance, database)
        answer = await request(
            appliance,
            "GET",
            PATH,
            f"asking for {action}",
            limit_bytes=LIMIT_BYTES,
            params={"action": action, **arguments},
            headers={"Authorization": f"Bearer {token}"},
        )
        if not is_token_refused(answer):
            return read_answer(appliance, action, answer)
        await oauth.reject(appliance, database, token)
        if is_last:
            break
    raise CredentialsRefused(f"{appliance.name}: the appliance refuses even a new token; check the API account.")


def is_token_refused(answer: Answer) -> bool:
    """Whether the answer is OAuth's `access_denied`, which comes as JSON under a status the vendor does not name."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(body, dict) and body.get("error") == "access_denied"


def read_answer(appliance: Appliance, action: str, answer: Answer) -> Element:
    """Return the root of a successful answer, or raise what it means."""
    step = f"asking for {action}"
    if answer.status == HTTPStatus.NOT_FOUND:
        # The token came from the same address: so it is not the address (seed 004, "Test Scenario").
        raise PermissionMissing(
            f"{appliance.name}: HTTP 404 while {step}: the API account may not use the command API, or it is disabled."
        )
    if answer.status != HTTPStatus.OK:
        raise refusal(appliance, step, answer.status, answer.headers.get("Retry-After"))
    try:
        root = parse(answer.body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Misconfigured(f"{appliance.name}: the answer is no XML while {step}; check url.") from error
    if local_name(root) == "error" or any(local_name(child) == "error" for child in root):
        raise PermissionMissing(
            f"{appliance.name}: the appliance answers with an error while {step}; does the API account have the "
            "command permission (read-only is enough)?"
        )
    return root


def parse(body: bytes) -> Element:
    """Parse XML, without entities, to a limited depth. Raises ParseError, DefusedXmlException, ValueError."""
    depth = 0
    root: Element | None = None
    for event, element in iterparse(io.BytesIO(body), ("start", "end"), forbid_dtd=True):
        depth += 1 if event == "start" else -1
        if depth > DEPTH_LIMIT:
            raise ValueError("nested too deeply")
        root = element
    if root is None:
        raise ValueError("empty")
    return root


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    name: str = element.tag
    return name.rpartition("}")[2]


def read_permissions(root: Element) -> Iterator[tuple[str, str]]:
    """Yield permissions, however they are written: the vendor names them but shows no example.

    Accepted are attributes, elements named for the permission, and `<permission name="…">value</permission>`.
    """
    for element in root.iter():
        name = local_name(element)
        if name.startswith("perm_"):
            yield name, (element.text or "").strip()
        elif name == "permission":
            yield from ((key, value) for key, value in element.items() if key.startswith("perm_"))
            named = element.get("name", "")
            if named.startswith("perm_"):
                yield named, (element.text or element.get("value") or "").strip()
