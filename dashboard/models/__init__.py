"""What the dashboard itself keeps, one module per concept."""

from dashboard.models.saved_view import SavedView

__all__ = ["SavedView"]
