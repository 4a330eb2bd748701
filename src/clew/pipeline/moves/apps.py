from django.apps import AppConfig


class MovesConfig(AppConfig):
    """Registers pipelines and moves with Django."""

    name = "clew.pipeline.moves"
    label = "moves"
