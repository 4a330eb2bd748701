from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.access"
    label = "access"
