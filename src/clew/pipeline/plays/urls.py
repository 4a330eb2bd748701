"""Addresses of plays and scripts."""

from django.urls import path

from clew.pipeline.plays import play_views, run_views, script_views

app_name = "plays"
urlpatterns = [
    path("plays", play_views.show_all, name="plays"),
    path("plays/new", play_views.add, name="new_play"),
    path("plays/due", run_views.due, name="due"),
    path("plays/<int:play_id>", play_views.show, name="play"),
    path("plays/<int:play_id>/edit", play_views.edit, name="edit_play"),
    path("plays/<int:play_id>/decide", play_views.decide, name="decide"),
    path("plays/<int:play_id>/leads", play_views.list_leads, name="leads"),
    path("leads/<uuid:lead_id>/play", run_views.start, name="start"),
    path("leads/<uuid:lead_id>/play/offer", run_views.offer, name="offer"),
    path("leads/<uuid:lead_id>/play/stop", run_views.stop, name="stop"),
    path("leads/<uuid:lead_id>/play/done", run_views.done, name="done"),
    path("scripts", script_views.show, name="scripts"),
    path("scripts/new", script_views.add, name="new_script"),
    path("scripts/<int:script_id>", script_views.edit, name="script"),
    path("scripts/<int:script_id>/retire", script_views.retire, name="retire_script"),
]
