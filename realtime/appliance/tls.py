"""Which certificates an appliance may show."""

import ssl

from realtime.errors import Misconfigured
from realtime.source import Appliance


def tls_context(appliance: Appliance) -> ssl.SSLContext | None:
    """Return what verifies the appliance's certificate: its `ca_bundle` or the system's authorities. None without TLS.

    Reads files: call it off the event loop.
    """
    if not appliance.is_secure:
        return None
    try:
        return ssl.create_default_context(cafile=appliance.ca_bundle)
    except OSError as error:
        raise Misconfigured(
            f"{appliance.name}: ca_bundle {appliance.ca_bundle} cannot be read as certificates; point it to a PEM file."
        ) from error
