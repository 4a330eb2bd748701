from django.apps import AppConfig


class QueueConfig(AppConfig):
    """Registers the part with Django."""

    name = "clew.pipeline.queue"
    label = "queue"
