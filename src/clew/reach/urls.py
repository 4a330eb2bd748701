"""Addresses of one's notices."""

from django.urls import path

from clew.reach import views

app_name = "reach"
urlpatterns = [
    path("notices", views.show, name="notices"),
    path("notices/preferences", views.preferences, name="preferences"),
    path("notices/count", views.count, name="count"),
    path("notices/seen", views.seen, name="seen"),
]
