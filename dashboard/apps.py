"""Django's entry to the dashboard."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    """The pages and what they need."""

    name = "dashboard"
    label = "dashboard"
    verbose_name = "Support dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, the signals and the admin site, which need models to be loaded first."""
        import_module("dashboard.checks")
        import_module("dashboard.live.signals").connect()
        import_module("dashboard.accounts.recording").connect()
        user_logged_in.connect(import_module("dashboard.accounts.session").begin, dispatch_uid="dashboard.session")
        import_module("dashboard.admin.registered").register(import_module("django.contrib.admin").site)
        post_migrate.connect(import_module("dashboard.permission").ensure_roles, sender=self)
