"""Django's entry to the dashboard."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The pages and what they need."""

    name = "dashboard"
    label = "dashboard"
    verbose_name = "Support dashboard"
    default_auto_field = "django.db.models.BigAutoField"
