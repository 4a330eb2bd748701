"""Addresses of meetings: those of salespeople, and the one that an invited person gets."""

from django.urls import path

from clew.pipeline.meetings import (
    agenda_views,
    feed_views,
    outcome_views,
    public_views,
    report_views,
    views,
)

app_name = "meetings"
urlpatterns = [
    path("m/<slug:token>", public_views.invitation, name="invitation"),
    path("calendar/<slug:token>.ics", feed_views.feed, name="feed"),
    path("leads/<uuid:lead_id>/meet", views.invite, name="invite"),
    path("meetings", agenda_views.day, name="agenda"),
    path("meetings/calendar", feed_views.show, name="my_feed"),
    path("meetings/calendar/new", feed_views.make, name="make_feed"),
    path("meetings/calendar/end", feed_views.revoke, name="revoke_feed"),
    path("meetings/report", report_views.report, name="report"),
    path("meetings/all", report_views.listed, name="listed"),
    path("meetings/template/<int:team_id>", outcome_views.template, name="template"),
    path("meetings/<uuid:meeting_id>", views.show, name="meeting"),
    path("meetings/<uuid:meeting_id>/times", views.offer, name="offer"),
    path("meetings/<uuid:meeting_id>/settle", views.settle, name="settle"),
    path("meetings/<uuid:meeting_id>/link", views.renew, name="renew"),
    path("meetings/<uuid:meeting_id>/cancel", views.cancel, name="cancel"),
    path("meetings/<uuid:meeting_id>/check", outcome_views.check, name="check"),
    path("meetings/<uuid:meeting_id>/came", outcome_views.came, name="came"),
    path("meetings/<uuid:meeting_id>/missed", outcome_views.missed, name="missed"),
    path("meetings/<uuid:meeting_id>/again", outcome_views.again, name="again"),
    path("meetings/<uuid:meeting_id>/note", outcome_views.note, name="note"),
    path("meetings/<uuid:meeting_id>/hand-over", outcome_views.hand_over, name="hand_over"),
]
