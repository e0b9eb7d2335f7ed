"""Single sign-on by OpenID Connect: what the environment says of it, and which role a person's claims give. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dashboard.roles import LEAD, MANAGER, VIEWER

PROVIDER = "openid_connect"
PROVIDER_ID = "sso"
EVERYBODY = "*"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OidcRefused(ValueError):
    """The settings make no sense; the text names the variable and the mend."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """One identity provider. `role_values`: each role, the one with most rights first, and the values that give it."""

    url: str
    client_id: str
    secret: str
    name: str
    scopes: tuple[str, ...]
    role_claim: str
    role_values: tuple[tuple[str, frozenset[str]], ...]

    def provider_settings(self) -> dict[str, Any]:
        """Return what allauth wants to know; the claims come from the ID token and the provider's userinfo."""
        app = {
            "provider_id": PROVIDER_ID,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.secret,
            "settings": {"server_url": self.url},
        }
        return {PROVIDER: {"APPS": [app], "OAUTH_PKCE_ENABLED": True, "SCOPE": list(self.scopes)}}


def understand_oidc(given: Mapping[str, str]) -> OidcSettings | None:
    """Understand the variables `OIDC_…` (here without the prefix); None when single sign-on is not wanted."""
    if not given["URL"]:
        return None
    address = urlsplit(given["URL"])
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOOPBACK):
        raise OidcRefused(f'OIDC_URL is "{given["URL"]}". Give the issuer\'s address, which starts with https://.')
    if missing := [name for name in ("CLIENT_ID", "CLIENT_SECRET") if not given[name]]:
        raise OidcRefused(f"OIDC_URL is set, but not OIDC_{missing[0]}. Both come from the identity provider.")
    roles = ((MANAGER, given["MANAGERS"]), (LEAD, given["LEADS"]), (VIEWER, given["VIEWERS"]))
    role_values = tuple((role, frozenset(values)) for role, text in roles if (values := split(text)))
    if not role_values:
        raise OidcRefused(
            "OIDC_URL is set, but nobody gets a role. Give OIDC_MANAGERS, OIDC_LEADS or OIDC_VIEWERS: the values of "
            "the claim OIDC_ROLE_CLAIM that make somebody one, separated by commas (* for everybody)."
        )
    return OidcSettings(
        given["URL"].rstrip("/"),
        given["CLIENT_ID"],
        given["CLIENT_SECRET"],
        given["NAME"],
        tuple(given["SCOPES"].split()),
        given["ROLE_CLAIM"],
        role_values,
    )


def split(text: str) -> list[str]:
    """Return the parts of a list separated by commas."""
    return [part for piece in text.split(",") if (part := piece.strip())]


def claimed_values(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """Return a claim's texts; dots lead into it: `realm_access.roles`. A claim of any other kind holds none."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list) else frozenset()


def claimed_role(oidc: OidcSettings, claims: Mapping[str, Any]) -> str | None:
    """Return the role with the most rights that the claims give; None means: refuse."""
    values = claimed_values(claims, oidc.role_claim) | {EVERYBODY}
    return next((role for role, wanted in oidc.role_values if wanted & values), None)


def trusted_claims(data: Mapping[str, Any], client_id: str) -> dict[str, Any] | None:
    """Return the claims of an ID token and of the userinfo about the same person, the token's first.

    None when there is no token, when the userinfo is about somebody else, or when the token was issued to others.
    Issuer, audience and expiry were checked before, by allauth.
    """
    token, more = data.get("id_token"), data.get("userinfo") or {}
    if not isinstance(token, Mapping) or not isinstance(more, Mapping) or not token.get("sub"):
        return None
    if more and more.get("sub") != token["sub"]:
        return None
    if token.get("azp", client_id) != client_id:
        return None
    return {**more, **token}
