"""Addresses of plays and scripts."""

from django.urls import path

from clew.pipeline.plays import script_views

app_name = "plays"
urlpatterns = [
    path("scripts", script_views.show, name="scripts"),
    path("scripts/new", script_views.add, name="new_script"),
    path("scripts/<int:script_id>", script_views.edit, name="script"),
    path("scripts/<int:script_id>/retire", script_views.retire, name="retire_script"),
]
