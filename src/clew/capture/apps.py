from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.capture"
    label = "capture"
