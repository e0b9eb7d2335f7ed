"""How an access token is written into the header: the products of the GoTo family differ, and changed over time."""

SCHEMES = ("bearer", "oauth_token", "raw")
"""`bearer` is today's form, `oauth_token` that of Citrix' days, `raw` the token alone."""


def authorize(scheme: str, token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    match scheme:
        case "oauth_token":
            return {"Authorization": f"OAuth oauth_token={token}"}
        case "raw":
            return {"Authorization": token}
        case _:
            return {"Authorization": f"Bearer {token}"}
