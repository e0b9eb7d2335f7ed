"""The page of the targets: within how many seconds sessions are to be picked up, and how many of them."""

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
PERCENT = range(1, 101)
PREFIX = "target:"


class NumberField(forms.IntegerField):
    """A target: a whole number within bounds."""

    def __init__(self, bounds: range, mend: str, *, label: str, initial: int | None, required: bool) -> None:
        messages_of = dict.fromkeys(("required", "invalid", "min_value", "max_value"), mend)
        super().__init__(
            min_value=bounds[0],
            max_value=bounds[-1],
            label=label,
            initial=initial,
            required=required,
            error_messages=messages_of,
            widget=forms.NumberInput(attrs={"class": "input", "inputmode": "numeric"}),
        )


class TargetsForm(forms.Form):
    """The target of every queue that has one of its own, that of all others, and the service level that is wanted."""

    def __init__(self, targets: Targets, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["default"] = NumberField(
            TARGET_SECONDS,
            f"{MEND}.",
            label="Every queue without a target of its own",
            initial=targets.default_seconds,
            required=True,
        )
        self.fields["percent"] = NumberField(
            PERCENT,
            f"Write a whole number from {PERCENT[0]} to {PERCENT[-1]}.",
            label="Service level",
            initial=targets.percent,
            required=True,
        )
        mend = f"{MEND}, or nothing: then that above holds."
        for key, name in queue_choices(known_queues(), targets.by_queue):
            self.fields[PREFIX + key] = NumberField(
                TARGET_SECONDS, mend, label=name, initial=targets.by_queue.get(key), required=False
            )

    def queues(self) -> list[forms.BoundField]:
        """Return the fields of queues."""
        return [field for field in self if field.name.startswith(PREFIX)]

    def targets(self) -> Targets:
        """Return what was typed."""
        given = self.cleaned_data
        own = {key.removeprefix(PREFIX): value for key, value in given.items() if key.startswith(PREFIX)}
        by_queue = {key: value for key, value in own.items() if value is not None}
        return Targets(given["default"], by_queue, given["percent"])


@require(Right.EDIT_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_targets(request: SignedInRequest) -> HttpResponse:
    """Show the targets, or store them: every board judges by them at once."""
    form = TargetsForm(load_targets(), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        store_targets(request.user, form.targets())
        TARGETS.announce()
        messages.success(request, "Targets: saved. Every board judges by them at once.")
        return redirect("targets")
    return render(request, "pages/targets.html", {"page": "teams", "form": form}, status=422 if form.is_bound else 200)
