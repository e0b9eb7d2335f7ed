"""The field of a form for the name that somebody gives a thing: a view, a team, a screen."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from dashboard.line import clean_line, is_visible


class NameField(forms.CharField):
    """A name in one line, in which people see something. `empty` is what is said where there is none."""

    def __init__(self, limit: int, empty: str, **messages: str) -> None:
        too_long = f"The name has more than {limit} characters. Shorten it."
        super().__init__(max_length=limit, error_messages={"required": empty, "max_length": too_long} | messages)

    def clean(self, value: Any) -> str:
        """Return the name."""
        name = clean_line(super().clean(value))
        if not is_visible(name):
            raise ValidationError(self.error_messages["required"], code="required")
        return name
