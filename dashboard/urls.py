"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from dashboard.boards.catalogue import LISTS
from dashboard.views.audit import show_audit
from dashboard.views.boards import show_list, show_overview
from dashboard.views.displays import (
    change_display,
    order_display,
    revoke_display,
    send_message,
    show_display_facts,
    show_displays,
    switch_wallboard,
)
from dashboard.views.exports import export_list
from dashboard.views.health import answer_health, answer_metrics, answer_readiness
from dashboard.views.pairing import pair_display
from dashboard.views.people import (
    accept_proposal,
    decline_proposal,
    rename_person,
    show_people,
    split_identity,
    undo_edit,
)
from dashboard.views.saved_views import delete_view, rename_view, save_view, show_saved_views
from dashboard.views.screens import claim_token, show_screen, tell_state
from dashboard.views.sources import poll_source_now, resynchronise, show_polls, show_sources
from dashboard.views.targets import edit_targets
from dashboard.views.teams import delete_team, edit_team, show_teams
from dashboard.views.vendor_sessions import show_vendor_details, start_session
from dashboard.views.wallboard_editor import (
    announce,
    copy_wallboard,
    delete_wallboard,
    edit_wallboard,
    export_wallboard,
    import_wallboard,
    make_wallboard,
    show_wallboards,
)
from dashboard.views.wallboards import preview_wallboard, show_wallboard

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="overview"), name="home"),
    path("overview/", show_overview, name="overview"),
    *(path(f"{board}/", show_list, {"board": board}, name=board) for board in LISTS),
    *(path(f"{board}/export/", export_list, {"board": board}, name=f"export-{board}") for board in LISTS),
    path("sources/", show_sources, name="sources"),
    path("sources/resynchronise/", resynchronise, name="resynchronise"),
    path("sources/polls/", show_polls, name="polls"),
    path("sources/poll-now/", poll_source_now, name="poll-now"),
    path("vendor-sessions/details/", show_vendor_details, name="vendor-details"),
    path("vendor-sessions/start/", start_session, name="start-session"),
    path("people/", show_people, name="people"),
    path("people/accept/", accept_proposal, name="accept-proposal"),
    path("people/decline/", decline_proposal, name="decline-proposal"),
    path("people/rename/", rename_person, name="rename-person"),
    path("people/split/", split_identity, name="split-identity"),
    path("people/undo/", undo_edit, name="undo-edit"),
    path("saved-views/", show_saved_views, name="saved-views"),
    path("saved-views/save/", save_view, name="save-view"),
    path("saved-views/<int:pk>/rename/", rename_view, name="rename-view"),
    path("saved-views/<int:pk>/delete/", delete_view, name="delete-view"),
    path("teams/", show_teams, name="teams"),
    path("targets/", edit_targets, name="targets"),
    path("teams/new/", edit_team, name="new-team"),
    path("teams/<int:pk>/", edit_team, name="team"),
    path("teams/<int:pk>/delete/", delete_team, name="delete-team"),
    path("wallboards/", show_wallboards, name="wallboards"),
    path("wallboards/new/", make_wallboard, name="make-wallboard"),
    path("wallboards/import/", import_wallboard, name="import-wallboard"),
    path("wallboards/<slug:slug>/", show_wallboard, name="wallboard"),
    path("wallboards/<slug:slug>/edit/", edit_wallboard, name="edit-wallboard"),
    path("wallboards/<slug:slug>/announce/", announce, name="announce"),
    path("wallboards/<slug:slug>/copy/", copy_wallboard, name="copy-wallboard"),
    path("wallboards/<slug:slug>/delete/", delete_wallboard, name="delete-wallboard"),
    path("wallboards/<slug:slug>/export/", export_wallboard, name="export-wallboard"),
    path("wallboards/<slug:slug>/preview/", preview_wallboard, name="preview-wallboard"),
    path("display/", show_screen, name="screen"),
    path("display/state/", tell_state, name="screen-state"),
    path("display/claim/", claim_token, name="claim-token"),
    path("pair/", pair_display, name="pair-display"),
    path("displays/", show_displays, name="displays"),
    path("displays/facts/", show_display_facts, name="display-facts"),
    path("displays/<int:pk>/", change_display, name="change-display"),
    path("displays/<int:pk>/wallboard/", switch_wallboard, name="switch-wallboard"),
    path("displays/<int:pk>/identify/", order_display, {"order": "identify"}, name="identify-display"),
    path("displays/<int:pk>/reload/", order_display, {"order": "reload"}, name="reload-display"),
    path("displays/<int:pk>/message/", send_message, name="send-message"),
    path("displays/<int:pk>/revoke/", revoke_display, name="revoke-display"),
    path("audit/", show_audit, name="audit"),
    path("", include("dashboard.accounts.urls")),
    path("admin/", admin.site.urls),
    path("healthz", answer_health, name="healthz"),
    path("readyz", answer_readiness, name="readyz"),
    path("metrics", answer_metrics, name="metrics"),
]
