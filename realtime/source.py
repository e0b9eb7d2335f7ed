"""One configured appliance: what the mirror must know to reach it. Reading and checking that is the caller's part."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from realtime.outbound.endpoint import Endpoint, Pace


@dataclass(frozen=True, slots=True)
class Appliance(Endpoint):
    """A BeyondTrust appliance and the API account we use there.

    `url` is scheme, host and port only. `tables` names the tables to subscribe to, None means all. The vendor allows
    20 requests a second and 15,000 an hour per account (seed 004, "Request Rate Limits").
    """

    name: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    ca_bundle: Path | None = None
    tables: tuple[str, ...] | None = None

    noun: ClassVar[str] = "the appliance"
    credentials: ClassVar[str] = "client_id and client secret"
    pace: ClassVar[Pace] = Pace(per_second=15, per_hour=12_000)

    @property
    def account(self) -> str:
        """The OAuth client at its address."""
        return f"{self.url}\n{self.client_id}"

    @property
    def secret(self) -> str:
        """The OAuth client's secret."""
        return self.client_secret

    @property
    def websocket_url(self) -> str:
        """The address of the real-time state API (seed 004, "Connection")."""
        scheme, _, rest = self.url.partition("://")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/nw"
