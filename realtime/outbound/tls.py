"""Which certificates a vendor may show."""

import ssl

from realtime.errors import Misconfigured
from realtime.outbound.endpoint import Endpoint


def tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    """Return what verifies the vendor's certificate: its `ca_bundle` or the system's authorities. None without TLS.

    Reads files: call it off the event loop.
    """
    if not endpoint.is_secure:
        return None
    try:
        return ssl.create_default_context(cafile=endpoint.ca_bundle)
    except OSError as error:
        raise Misconfigured(
            f"{endpoint.name}: ca_bundle {endpoint.ca_bundle} cannot be read as certificates; point it to a PEM file."
        ) from error
