from django.apps import AppConfig


class HandoffConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.handoff"
    label = "handoff"
