from django.apps import AppConfig


class ReachConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.reach"
    label = "reach"
