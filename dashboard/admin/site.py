"""The admin site itself: who may enter, and by which door."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class Site(AdminSite):
    """For superusers. Whoever is not signed in goes to the site's sign-in, with its second factor and its limits."""

    site_title = site_header = index_title = "Support center: administration"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may enter."""
        return isinstance(request.user, User) and request.user.is_active and request.user.is_superuser

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guard a page of the site."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return inner(request, *args, **kwargs) if self.has_permission(request) else self.login(request)

        return guarded

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        """Send to the sign-in, or say no to those who did sign in."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    def logout(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        """There is one way out."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        """There is one place for one's own password."""
        return redirect("account_change_password")
