"""Django's entry to the mirror."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The appliance's tables as models, and the worker that keeps them."""

    name = "realtime"
    label = "realtime"
    verbose_name = "Real-time state"
    default_auto_field = "django.db.models.BigAutoField"
