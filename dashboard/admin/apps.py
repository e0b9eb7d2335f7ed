"""Django's entry to the admin site."""

from django.contrib.admin.apps import SimpleAdminConfig


class AdminConfig(SimpleAdminConfig):
    """Ours instead of Django's: nothing registers itself, only what `dashboard.admin.registered` names is on it."""

    default_site = "dashboard.admin.site.Site"
