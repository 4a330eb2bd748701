from django.apps import AppConfig


class RestingConfig(AppConfig):
    """Registers the part of the stage with Django."""

    name = "clew.pipeline.resting"
    label = "resting"
