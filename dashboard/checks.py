"""System checks: what `manage.py check` and every command say about an installation's settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from dashboard.sources import SourcesRefused, configured_appliances

SHORTEST_KEY = 50


@register()
def check_secret_key(**_options: Any) -> list[CheckMessage]:
    """The key seals stored tokens, so a short one is refused outside of `--deploy` too."""
    if len(settings.SECRET_KEY) >= SHORTEST_KEY:
        return []
    hint = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    return [Error(f"SECRET_KEY is shorter than {SHORTEST_KEY} characters.", hint=hint, id="dashboard.E001")]


@register()
def check_sources(**_options: Any) -> list[CheckMessage]:
    """Say what is wrong with sources.toml; only a warning, because the pages work without it."""
    try:
        configured_appliances()
    except SourcesRefused as error:
        hint = "`manage.py checksources` tries every source step by step."
        return [Warning(problem, hint=hint, id="dashboard.W001") for problem in error.problems]
    return []
