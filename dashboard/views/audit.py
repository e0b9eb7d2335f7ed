"""The page of the audit log."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.audit import Action
from dashboard.boards.clock import first_moment
from dashboard.models.audit_entry import AuditEntry, AuditEntryQuerySet
from dashboard.permission import require
from dashboard.roles import Right

PAGE_ROWS = 50
CHOICES = [("", "anything"), *((action.value, action.value) for action in Action)]


class AuditFilter(forms.Form):
    """Who, what, and on which days of the site.

    `before` is the number of the entry from which on older ones are shown.
    """

    who = forms.CharField(required=False, max_length=150)
    what = forms.ChoiceField(required=False, choices=CHOICES)
    since = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def clean_since(self) -> date | None:
        """Return a day that has begun in every time zone."""
        day: date | None = self.cleaned_data["since"]
        if day == date.min:
            raise ValidationError("Choose a later day.")
        return day

    def clean_until(self) -> date | None:
        """Return a day that has a next one."""
        day: date | None = self.cleaned_data["until"]
        if day == date.max:
            raise ValidationError("Choose an earlier day.")
        return day

    def entries(self) -> AuditEntryQuerySet:
        """Return what fits, the newest first; of a filter that makes no sense nothing is taken."""
        given = self.cleaned_data
        entries, zone = AuditEntry.objects.all(), settings.TIME_ZONE
        if given.get("who"):
            entries = entries.filter(actor__icontains=given["who"])
        if given.get("what"):
            entries = entries.filter(action=given["what"])
        if given.get("since"):
            entries = entries.filter(at__gte=first_moment(given["since"], zone))
        if given.get("until"):
            entries = entries.filter(at__lt=first_moment(given["until"] + timedelta(days=1), zone))
        if given.get("before"):
            entries = entries.filter(pk__lt=given["before"])
        return entries

    def address(self, before: int | None = None) -> str:
        """Return the query string of this filter, from another entry on."""
        names = ("who", "what", "since", "until")
        given = {name: str(self.cleaned_data[name]) for name in names if self.cleaned_data.get(name)}
        return urlencode(given | ({"before": str(before)} if before else {}))


@require(Right.SEE_AUDIT)
@require_safe
def show_audit(request: HttpRequest) -> HttpResponse:
    """Show who did what, filtered, fifty a page."""
    chosen = AuditFilter(request.GET)
    chosen.is_valid()
    entries = list(chosen.entries()[: PAGE_ROWS + 1])
    has_more = len(entries) > PAGE_ROWS
    shown = entries[:PAGE_ROWS]
    return render(
        request,
        "pages/audit.html",
        {
            "page": "audit",
            "chosen": chosen,
            "entries": shown,
            "older": chosen.address(shown[-1].pk) if has_more else "",
            "newest": chosen.address(),
            "is_first": not chosen.cleaned_data.get("before"),
            "is_filtered": bool(chosen.address()),
        },
    )
