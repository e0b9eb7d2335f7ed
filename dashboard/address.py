"""From which address a request or a socket comes, past the proxies that `TRUSTED_PROXIES` counts."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104  # nobody's: a peer without an address, such as a unix socket


def request_address(request: HttpRequest) -> str:
    """Return the address that a request comes from."""
    return client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def client_address(peer: str, forwarded_for: str) -> str:
    """Return an IP address as text.

    Each proxy appends whom it heard from to `X-Forwarded-For`; what stands before the entry of our first proxy was
    sent by the client itself and may be a lie. Too few entries, or an entry that is no address, count as none.
    """
    hops = [hop for part in forwarded_for.split(",") if (hop := part.strip())]
    count = settings.TRUSTED_PROXIES
    told = hops[-count] if 0 < count <= len(hops) else peer
    return read_address(told) or read_address(peer) or UNKNOWN


def network_of(address: str) -> str:
    """Return what stands for an address where many count as one: of IPv6 its /64, which a single host has whole."""
    found = ipaddress.ip_address(address)
    return address if found.version == 4 else str(ipaddress.IPv6Network((int(found), 64), strict=False))


def read_address(text: str) -> str | None:
    """Return an address in its usual form, None when it is none. A port is dropped, as some proxies add one."""
    bare = text.rpartition(":")[0] if text.count(":") == 1 or "]:" in text else text
    try:
        address = ipaddress.ip_address(bare.strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
