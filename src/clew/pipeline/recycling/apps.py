from django.apps import AppConfig


class RecyclingConfig(AppConfig):
    """Registers the part of the stage with Django."""

    name = "clew.pipeline.recycling"
    label = "recycling"
