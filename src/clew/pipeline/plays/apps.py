from django.apps import AppConfig


class PlaysConfig(AppConfig):
    """Registers plays and scripts with Django."""

    name = "clew.pipeline.plays"
    label = "plays"
