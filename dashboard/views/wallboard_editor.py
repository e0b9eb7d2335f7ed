"""The list of wallboards, and their editor: every change of its form is kept as a draft, which its preview shows."""

from dataclasses import replace

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from dashboard.known_queues import known_queues
from dashboard.live.topics import WALLBOARDS
from dashboard.middleware import is_part
from dashboard.models.wallboard import Wallboard
from dashboard.permission import SignedInRequest, may, require
from dashboard.roles import Right
from dashboard.wallboards import definition, stored
from dashboard.wallboards.definition import Announcement
from dashboard.wallboards.editing import NoRoom, Raw, act, from_fields
from dashboard.wallboards.reading import Mistake, Wrong, read
from dashboard.wallboards.sheet import make_sheet
from dashboard.wallboards.templates import TEMPLATES
from dashboard.wallboards.writing import TOML_LIMIT, dump, from_toml, to_toml

UNREADABLE = (
    "Another version of the dashboard made this wallboard; this one cannot read it. Import it anew, or delete it."
)


@login_required
@require_safe
def show_wallboards(request: HttpRequest) -> HttpResponse:
    """List the wallboards; for those who may edit them, with what makes new ones."""
    return list_wallboards(request)


def list_wallboards(request: HttpRequest, mistakes: tuple[Mistake, ...] = (), text: str = "") -> HttpResponse:
    """Return the list; `mistakes` are those of a `text` that somebody wanted to import."""
    context = {
        "page": "wallboards",
        "wallboards": Wallboard.objects.select_related("changed_by"),
        "may_edit": may(request.user, Right.EDIT_WALLBOARDS),
        "templates": TEMPLATES,
        "mistakes": mistakes,
        "text": text,
    }
    return render(request, "pages/wallboards.html", context, status=422 if mistakes else 200)


@require(Right.EDIT_WALLBOARDS)
@require_POST
def make_wallboard(request: SignedInRequest) -> HttpResponse:
    """Make a wallboard of a template."""
    template = TEMPLATES.get(request.POST.get("template", ""))
    if template is None:
        messages.error(request, "Choose one of the templates.")
        return redirect("wallboards")
    try:
        wallboard = stored.create(request.user, template.wallboard)
    except stored.Refused as refused:
        messages.error(request, str(refused))
        return redirect("wallboards")
    WALLBOARDS.announce()
    return redirect("edit-wallboard", wallboard.slug)


@require(Right.EDIT_WALLBOARDS)
@require_POST
def import_wallboard(request: SignedInRequest) -> HttpResponse:
    """Make a wallboard of a TOML file or text."""
    file = request.FILES.get("file")
    text = request.POST.get("text", "")
    if file is not None:
        text = file.read(TOML_LIMIT * 4).decode("utf-8", "replace")
    try:
        wallboard = stored.create(request.user, from_toml(text, settings.TIME_ZONE))
    except Wrong as wrong:
        return list_wallboards(request, wrong.mistakes, text[:TOML_LIMIT])
    except stored.Refused as refused:
        messages.error(request, str(refused))
        return redirect("wallboards")
    WALLBOARDS.announce()
    messages.success(request, f"{wallboard.name}: imported. It is on no screen yet.")
    return redirect("edit-wallboard", wallboard.slug)


@require(Right.EDIT_WALLBOARDS)
@require_safe
def export_wallboard(request: SignedInRequest, slug: str) -> HttpResponse:
    """Return a wallboard as a TOML file, as it is on the screens."""
    wallboard = get_object_or_404(Wallboard, slug=slug)
    try:
        text = to_toml(stored.definition_of(wallboard))
    except Wrong:
        messages.error(request, UNREADABLE)
        return redirect("wallboards")
    name = f'attachment; filename="{wallboard.slug}.toml"'
    return HttpResponse(text, content_type="application/toml; charset=utf-8", headers={"Content-Disposition": name})


@csp_update({"frame-src": ["'self'"]})
@require(Right.EDIT_WALLBOARDS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_wallboard(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the editor; take a change of its form into the draft; publish it, or throw it away."""
    wallboard = get_object_or_404(Wallboard, slug=slug)
    try:
        draft = stored.draft_of(wallboard)
    except Wrong:
        messages.error(request, UNREADABLE)
        return redirect("wallboards")
    if request.method != "POST":
        return show_editor(request, wallboard, dump(draft))
    do = request.POST.get("do", "")
    if do == "discard":
        stored.keep_draft(wallboard, None)
        return leave(request, wallboard, "What was not published is thrown away.")
    raw: Raw = {**from_fields(fields_of(request.POST)), "announcement": dump(draft)["announcement"]}
    note = ""
    try:
        raw = act(raw, do)
    except NoRoom as refused:
        note = str(refused)
    try:
        made = read(raw, settings.TIME_ZONE)
    except Wrong as wrong:
        return show_editor(request, wallboard, raw, wrong.mistakes, note)
    if do == "publish":
        return publish(request, wallboard, made, raw)
    stored.keep_draft(wallboard, made)
    WALLBOARDS.announce()
    return show_editor(request, wallboard, raw, note=note)


def publish(request: SignedInRequest, wallboard: Wallboard, made: definition.Wallboard, raw: Raw) -> HttpResponse:
    """Put what was edited on every screen, unless somebody else published meanwhile."""
    seen = request.POST.get("revision", "")
    wallboard.revision = int(seen) if seen.isdecimal() and len(seen) < 10 else 0
    try:
        stored.publish(request.user, wallboard, made)
    except stored.Refused as refused:
        wallboard.refresh_from_db()
        return show_editor(request, wallboard, raw, note=str(refused))
    return leave(request, wallboard, f"{made.name}: published. It is on its screens now.")


def leave(request: SignedInRequest, wallboard: Wallboard, words: str) -> HttpResponse:
    """Say what was done and show the editor anew."""
    WALLBOARDS.announce()
    messages.success(request, words)
    address = reverse("edit-wallboard", args=[wallboard.slug])
    return HttpResponseClientRedirect(address) if is_part(request) else redirect(address)


def show_editor(
    request: SignedInRequest, wallboard: Wallboard, raw: Raw, mistakes: tuple[Mistake, ...] = (), note: str = ""
) -> HttpResponse:
    """Return the editor's page with these values, right or wrong but for the announcement, which is no part of them."""
    context = {
        "page": "wallboards",
        "wallboard": wallboard,
        "announcement": raw["announcement"]["text"],
        "announced_in": wallboard.definition.get("zone") or settings.TIME_ZONE,
        "site_zone": settings.TIME_ZONE,
        "sheet": make_sheet(raw, known_queues()),
        "mistakes": mistakes,
        "note": note,
        "has_draft": wallboard.draft is not None,
    }
    return render(
        request,
        "pages/wallboard-edit.html",
        context,
        status=422 if mistakes and not is_part(request) else 200,
    )


@require(Right.EDIT_WALLBOARDS)
@require_POST
def announce(request: SignedInRequest, slug: str) -> HttpResponse:
    """Put an announcement on the screens of a wallboard at once, or take it away."""
    wallboard = get_object_or_404(Wallboard, slug=slug)
    given = {"text": request.POST.get("text", ""), "until": request.POST.get("until", "")}
    if request.POST.get("do") == "clear":
        given = {}
    try:
        made = read({**dump(stored.definition_of(wallboard)), "announcement": given}, settings.TIME_ZONE)
        if given and not made.announcement.text:
            raise Wrong([Mistake("Announcement", "Write something here.")])
        stored.announce(request.user, wallboard, made.announcement if given else Announcement())
    except Wrong as wrong:
        messages.error(request, f"Not announced. {wrong.mistakes[0]}")
    else:
        WALLBOARDS.announce()
        messages.success(request, "It is on the screens now." if given else "The announcement is taken away.")
    return redirect("edit-wallboard", slug)


@require(Right.EDIT_WALLBOARDS)
@require_POST
def delete_wallboard(request: SignedInRequest, slug: str) -> HttpResponse:
    """Delete a wallboard."""
    wallboard = get_object_or_404(Wallboard, slug=slug)
    stored.delete(request.user, wallboard)
    WALLBOARDS.announce()
    messages.success(request, f"{wallboard.name}: deleted. Screens that showed it say so.")
    return redirect("wallboards")


@require(Right.EDIT_WALLBOARDS)
@require_POST
def copy_wallboard(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make another wallboard like one."""
    wallboard = get_object_or_404(Wallboard, slug=slug)
    try:
        made = stored.definition_of(wallboard)
        copied = stored.create(request.user, replace(made, announcement=Announcement()))
    except (Wrong, stored.Refused) as error:
        messages.error(request, UNREADABLE if isinstance(error, Wrong) else str(error))
        return redirect("wallboards")
    WALLBOARDS.announce()
    return redirect("edit-wallboard", copied.slug)


def fields_of(posted: QueryDict) -> dict[str, list[str]]:
    """Return a form's fields with all their values."""
    return {name: [str(value) for value in values] for name, values in posted.lists()}
