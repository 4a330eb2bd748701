from django.apps import AppConfig


class GradingConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.grading"
    label = "grading"
