"""Addresses of the no-intent pools."""

from django.urls import path

from clew.pipeline.resting import views

app_name = "resting"
urlpatterns = [
    path("resting", views.show, name="list"),
    path("resting/<uuid:lead_id>", views.lead, name="lead"),
    path("resting/<uuid:lead_id>/reveal", views.reveal, name="reveal"),
    path("resting/<uuid:lead_id>/touch", views.touch, name="touch"),
]
