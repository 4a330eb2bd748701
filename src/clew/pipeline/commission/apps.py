from django.apps import AppConfig


class CommissionConfig(AppConfig):
    """Registers the part of the stage with Django."""

    name = "clew.pipeline.commission"
    label = "commission"
