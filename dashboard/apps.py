"""Django's entry to the dashboard."""

from importlib import import_module

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The pages and what they need."""

    name = "dashboard"
    label = "dashboard"
    verbose_name = "Support dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and the signals, which need models to be loaded first."""
        import_module("dashboard.checks")
        import_module("dashboard.live.signals").connect()
