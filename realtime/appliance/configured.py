"""Which appliances are configured. The site says so: this package knows only where to ask."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from realtime.source import Appliance


def configured_appliances() -> tuple[Appliance, ...]:
    """Return what the function named by `settings.REALTIME_SOURCES` (a dotted path) returns now."""
    read = cast(Callable[[], tuple[Appliance, ...]], import_string(settings.REALTIME_SOURCES))
    return read()
