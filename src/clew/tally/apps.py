from django.apps import AppConfig


class TallyConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.tally"
    label = "tally"
