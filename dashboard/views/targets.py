"""The page of the targets: within how many seconds the sessions of each queue are to be picked up."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.boards.moment import Targets
from dashboard.known_queues import known_queues
from dashboard.live.topics import TARGETS
from dashboard.permission import SignedInRequest, require
from dashboard.roles import Right
from dashboard.targets import load_targets, store_targets
from dashboard.wallboards.definition import TARGET_SECONDS
from dashboard.wallboards.sheet import queue_choices

MEND = f"Write whole seconds from {TARGET_SECONDS[0]} to {TARGET_SECONDS[-1]}"
PREFIX = "target:"


class SecondsField(forms.IntegerField):
    """A target in whole seconds."""

    def __init__(self, mend: str, *, label: str, initial: int | None, required: bool) -> None:
        messages_of = dict.fromkeys(("required", "invalid", "min_value", "max_value"), mend)
        super().__init__(
            min_value=TARGET_SECONDS[0],
            max_value=TARGET_SECONDS[-1],
            label=label,
            initial=initial,
            required=required,
            error_messages=messages_of,
            widget=forms.NumberInput(attrs={"class": "input", "inputmode": "numeric"}),
        )


class TargetsForm(forms.Form):
    """The target of every queue that has one of its own, and that of all others."""

    def __init__(self, targets: Targets, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["default"] = SecondsField(
            f"{MEND}.", label="Every queue without a target of its own", initial=targets.default_seconds, required=True
        )
        mend = f"{MEND}, or nothing: then that above holds."
        for key, name in queue_choices(known_queues(), targets.by_queue):
            self.fields[PREFIX + key] = SecondsField(
                mend, label=name, initial=targets.by_queue.get(key), required=False
            )

    def queues(self) -> list[forms.BoundField]:
        """Return the fields of queues."""
        return [field for field in self if field.name.startswith(PREFIX)]

    def by_queue(self) -> dict[str, int]:
        """Return the targets that queues have of their own."""
        own = ((name.removeprefix(PREFIX), value) for name, value in self.cleaned_data.items() if name != "default")
        return {key: value for key, value in own if value is not None}


@require(Right.EDIT_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_targets(request: SignedInRequest) -> HttpResponse:
    """Show the targets, or store them: every board judges by them at once."""
    form = TargetsForm(load_targets(), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        store_targets(request.user, form.cleaned_data["default"], form.by_queue())
        TARGETS.announce()
        messages.success(request, "Targets: saved. Every board judges by them at once.")
        return redirect("targets")
    return render(request, "pages/targets.html", {"page": "teams", "form": form}, status=422 if form.is_bound else 200)
