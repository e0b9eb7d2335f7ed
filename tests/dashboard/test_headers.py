"""What every answer tells browsers to refuse."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws://localhost:8000 ws://127.0.0.1:8000; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PATHS = (
    *("/", "/login/", "/logout/", "/account/", "/account/password/", "/account/sessions/", "/account/factors/"),
    *("/audit/", "/overview/", "/saved-views/", "/sources/", "/admin/", "/admin/auth/user/", "/nothing/", "/healthz"),
)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_guarded(path: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    headers = client.get(path).headers

    assert sorted(headers["Content-Security-Policy"].split("; ")) == sorted(POLICY.split("; "))
    assert "camera=()" in headers["Permissions-Policy"]
    assert "screen-wake-lock=(self)" in headers["Permissions-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
