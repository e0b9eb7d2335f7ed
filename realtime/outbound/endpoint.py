"""What every vendor account we call has in common, an appliance or a polled vendor's. Pure."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests we allow ourselves, below what the vendor allows: others may use the same account."""

    per_second: int
    per_hour: int

    @property
    def alone(self) -> "Pace":
        """What each process keeps to while nobody can count for all of them."""
        return Pace(max(1, self.per_second // 3), max(1, self.per_hour // 3))


class Endpoint:
    """One account at one address. `ca_bundle` replaces the system's certificate authorities.

    `noun` is what sentences call it ("the appliance"), `credentials` what they tell to check ("client_id and …").
    """

    __slots__ = ()

    name: str
    url: str
    ca_bundle: Path | None
    noun: ClassVar[str]
    credentials: ClassVar[str]
    pace: ClassVar[Pace]

    @property
    def account(self) -> str:
        """What the vendor's request limit counts: sources with an equal one share our budget."""
        raise NotImplementedError

    @property
    def secret(self) -> str:
        """What must be known to use the account; seals what is stored for it."""
        raise NotImplementedError

    @property
    def host(self) -> str:
        """The host name or address, without port and brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port."""
        return urlsplit(self.url).port or (443 if self.is_secure else 80)

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken; only a simulator goes without."""
        return self.url.startswith("https://")
