"""Django application of the clocks: policies, their pages and words."""

from django.apps import AppConfig


class ClocksConfig(AppConfig):
    """Keeps its tables and words apart from those of the rest of the stage."""

    name = "clew.pipeline.clocks"
    label = "clocks"
