"""Where each address leads."""

from django.urls import path

from clew.web.preferences import choose

urlpatterns = [
    path("preferences", choose, name="preferences"),
]
