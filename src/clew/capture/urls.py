"""Addresses of the hosted forms, open to everybody."""

from django.urls import path

from clew.capture import views

app_name = "capture"
urlpatterns = [
    path("f/<slug:slug>", views.ask, name="form"),
    path("f/<slug:slug>/thanks/<str:ref>", views.thank, name="thanks"),
]
