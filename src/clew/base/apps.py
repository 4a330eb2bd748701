from django.apps import AppConfig


class BaseConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.base"
    label = "base"
