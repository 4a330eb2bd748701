from django.apps import AppConfig


class PoolsConfig(AppConfig):
    """Registers the part of the stage with Django."""

    name = "clew.handoff.pools"
    label = "pools"
