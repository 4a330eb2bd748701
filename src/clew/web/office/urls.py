"""Addresses of the operator's pages."""

from django.urls import path

from clew.web.office import (
    account,
    add,
    correcting,
    failures,
    hosted,
    people,
    preferences,
    sources,
    teams,
    tokens,
)

app_name = "office"
urlpatterns = [
    path("me", preferences.show, name="me"),
    path("me/shortcuts", preferences.shortcuts, name="shortcuts"),
    path("me/password", preferences.password, name="password"),
    path("account", account.show, name="account"),
    path("account/never-contacted", account.list_never_contacted, name="never_contacted"),
    path("add", add.show, name="add"),
    path("add/read", add.read, name="read_paste"),
    path("add/save", add.save, name="save_lead"),
    path("add/<uuid:submission_id>", add.done, name="added"),
    path("failures", failures.show, name="failures"),
    path("failures/settle", failures.settle, name="settle"),
    path("failures/export", failures.export, name="export_failures"),
    path("failures/<str:trouble>/open", correcting.show, name="open_trouble"),
    path("failures/<str:trouble>/correct", correcting.correct, name="correct"),
    path("people", people.show, name="people"),
    path("people/accounts", people.add_member, name="add_member"),
    path("people/accounts/<int:member_id>", people.member, name="member"),
    path("people/accounts/<int:member_id>/password", people.set_password, name="member_password"),
    path("people/accounts/<int:member_id>/teams", people.set_teams, name="member_teams"),
    path("people/accounts/<int:member_id>/active", people.set_active, name="member_active"),
    path("people/teams/new", teams.add, name="new_team"),
    path("people/teams/<int:team_id>", teams.change, name="team"),
    path("people/teams/<int:team_id>/seats", people.join, name="join"),
    path("people/seats/<int:seat_id>", people.set_seat, name="seat"),
    path("people/seats/<int:seat_id>/leave", people.leave_seat, name="leave_seat"),
    path("sources", sources.show, name="sources"),
    path("sources/new", sources.add, name="new_source"),
    path("sources/<slug:key>", sources.edit, name="source"),
    path("sources/<slug:key>/forms/new", hosted.add, name="new_form"),
    path("forms/<int:form_id>/close", hosted.close, name="close_form"),
    path("tokens", tokens.show, name="tokens"),
    path("tokens/new", tokens.create, name="create_token"),
    path("tokens/<int:token_id>/revoke", tokens.revoke, name="revoke_token"),
]
