"""What people type about displays: codes, names, address ranges, messages."""

import ipaddress
from datetime import MAXYEAR, date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from dashboard.boards.clock import day_of, first_moment
from dashboard.displays.pairing import Terms
from dashboard.line import clean_line
from dashboard.models.display import NAME_LIMIT, NOTE_LIMIT, Display
from dashboard.models.wallboard import Wallboard
from dashboard.name_field import NameField

NAME_TAKEN = "There is already a display of this name. Choose another one."
RANGE_LIMIT = 10
MINUTES = {5: "for 5 minutes", 30: "for 30 minutes", 120: "for 2 hours", 480: "for 8 hours"}


class CodeForm(forms.Form):
    """The code that somebody reads off a screen."""

    code = forms.CharField(max_length=64, error_messages={"required": "Type the code that the screen shows."})


class TermsForm(forms.Form):
    """What a display is: its name, its wallboard, until when and from where it may show that."""

    name = NameField(NAME_LIMIT, "Give the screen a name, such as the place where it hangs.")
    wallboard = forms.ModelChoiceField(Wallboard.objects.none(), required=False, empty_label="none yet")
    last_day = forms.DateField(required=False)
    ranges = forms.CharField(required=False, max_length=1000)

    def __init__(self, posted: Any = None, display: Display | None = None) -> None:
        self.display = display
        super().__init__(posted, initial=initial_of(display) if display else None)
        field: Any = self.fields["wallboard"]
        field.queryset = Wallboard.objects.order_by("name", "pk")

    def clean_name(self) -> str:
        """Return a name that no other display has."""
        name: str = self.cleaned_data["name"]
        others = Display.objects.filter(name=name, revoked_at=None).exclude(pk=self.display.pk if self.display else 0)
        if others.exists():
            raise ValidationError(NAME_TAKEN)
        return name

    def clean_last_day(self) -> datetime | None:
        """Return the end of the last day in the site's time zone."""
        day: date | None = self.cleaned_data["last_day"]
        if day is None:
            return None
        if day.year == MAXYEAR:
            raise ValidationError("Choose an earlier day.")
        end = first_moment(day + timedelta(days=1), settings.TIME_ZONE)
        if end <= timezone.now():
            raise ValidationError("This day is over. Choose a later one, or none.")
        return end

    def clean_ranges(self) -> tuple[str, ...]:
        """Return address ranges in CIDR form, each once."""
        words = self.cleaned_data["ranges"].replace(",", " ").split()
        if len(words) > RANGE_LIMIT:
            raise ValidationError(f"These are {len(words)} ranges. Give at most {RANGE_LIMIT}.")
        return tuple(dict.fromkeys(read_range(word) for word in words))

    def terms(self) -> Terms:
        """Return what was typed."""
        given = self.cleaned_data
        return Terms(given["name"], given["wallboard"], given["last_day"], given["ranges"])


class MessageForm(forms.Form):
    """A message to a screen; an empty one takes the last away."""

    text = forms.CharField(
        required=False,
        max_length=NOTE_LIMIT,
        error_messages={"max_length": f"The message has more than {NOTE_LIMIT} characters. Shorten it."},
    )
    minutes = forms.TypedChoiceField(choices=list(MINUTES.items()), coerce=int)

    def clean_text(self) -> str:
        """Return the message in one line, without signs that nobody sees."""
        return clean_line(self.cleaned_data["text"])


def initial_of(display: Display) -> dict[str, Any]:
    """Return what the form shows of a display."""
    ends_at = display.expires_at
    return {
        "name": display.name,
        "wallboard": display.wallboard_id,
        "last_day": day_of(ends_at - timedelta.resolution, settings.TIME_ZONE) if ends_at else None,
        "ranges": " ".join(display.networks),
    }


def read_range(word: str) -> str:
    """Return an address range as text. Raises ValidationError."""
    try:
        return str(ipaddress.ip_network(word))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise ValidationError(f"“{word[:45]}” is no address range. Write it like 10.20.0.0/16.") from None
    raise ValidationError(f"“{word[:45]}” begins within a range. Write {meant}, or one address.")
