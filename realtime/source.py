"""One configured appliance: what the mirror must know to reach it. Reading and checking that is the caller's part."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Appliance:
    """A BeyondTrust appliance and the API account we use there.

    `url` is scheme, host and port only. `tables` names the tables to subscribe to, None means all. `ca_bundle` replaces
    the system's certificate authorities.
    """

    name: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    ca_bundle: Path | None = None
    tables: tuple[str, ...] | None = None

    @property
    def websocket_url(self) -> str:
        """The address of the real-time state API (seed 004, "Connection")."""
        scheme, _, rest = self.url.partition("://")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/nw"

    @property
    def host(self) -> str:
        """The host name or address, without port and brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of both HTTP and the websocket."""
        return urlsplit(self.url).port or (443 if self.is_secure else 80)

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken; only a simulator goes without."""
        return self.url.startswith("https://")
