from django.apps import AppConfig


class AftersaleConfig(AppConfig):
    """Registers what follows a sale with Django."""

    name = "clew.pipeline.aftersale"
    label = "aftersale"
