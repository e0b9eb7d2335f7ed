"""An OpenID Connect provider over real sockets: it signs people in as its `claims` say, at once."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID = "dashboard"
CLIENT_SECRET = "the client's secret"
KEY = "only for tests, and longer than thirty-two bytes"


@dataclass
class Provider:
    """What the provider says, and what it was asked. `freedom` is one of the things that real ones get wrong."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "preferred_username": "ada", "groups": []})
    freedom: str = ""
    asked: list[str] = field(default_factory=list)
    grants: dict[str, dict[str, str]] = field(default_factory=dict)

    def configuration(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser goes back to."""
        if self.freedom == "denied":
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = f"code-{len(self.grants)}"
        self.grants[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return tokens for a code: once, to the right client, with the verifier of the challenge."""
        grant = self.grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = grant is not None and (grant["code_challenge"], grant["code_challenge_method"]) == (
            challenge,
            "S256",
        )
        if not is_right or form.get("client_secret") != CLIENT_SECRET:
            return 400, {"error": "invalid_grant"}
        tokens: dict[str, Any] = {"access_token": "access", "token_type": "Bearer", "expires_in": 300}
        return 200, tokens if self.freedom == "no token" else tokens | {"id_token": self.id_token()}

    def id_token(self) -> str:
        """Return the signed claims."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **self.claims}
        match self.freedom:
            case "other issuer":
                claims["iss"] = "https://elsewhere.example"
            case "other audience":
                claims["aud"] = "another site"
            case "expired":
                claims["exp"] = now - 3600
            case "other party":
                claims |= {"aud": [CLIENT_ID, "another site"], "azp": "another site"}
        return jwt.encode(claims, KEY, algorithm="HS256")

    def userinfo(self) -> dict[str, Any]:
        """Return the claims once more."""
        return self.claims | ({"sub": "somebody else"} if self.freedom == "other person" else {})

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """Answer a request: status, and JSON, or text as it is."""
        self.asked.append(path)
        if self.freedom == "html" or self.freedom == f"html {path}":
            return 200, "<html>maintenance</html>"
        if self.freedom == f"error {path}":
            return 500, {"error": "server_error"}
        match path:
            case "/.well-known/openid-configuration":
                return 200, self.configuration()
            case "/authorize":
                return 302, self.authorize(query)
            case "/token":
                return self.token(query)
            case "/userinfo":
                return 200, self.userinfo()
        return 404, {}


def handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    """Return what serves one provider."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            self.reply(*provider.answer(address.path, first_of(address.query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply(*provider.answer(urlsplit(self.path).path, first_of(body)))

        def reply(self, status: int, content: Any) -> None:
            body = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content)
            self.send_header("Content-Type", "text/html" if isinstance(content, str) else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def first_of(query: str) -> dict[str, str]:
    """Return the first value of each parameter."""
    return {name: values[0] for name, values in parse_qs(query).items()}


@contextmanager
def serving_oidc() -> Iterator[Provider]:
    """Run a provider on a free port of loopback."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(provider))
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
