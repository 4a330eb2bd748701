from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    """Registers meetings with Django."""

    name = "clew.pipeline.meetings"
    label = "meetings"
