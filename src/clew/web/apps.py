"""Django's view of the whole: templates, static files, translations and template tags live here."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The package `clew.web`."""

    name = "clew.web"
    label = "web"
