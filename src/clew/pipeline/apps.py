from django.apps import AppConfig


class PipelineConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.pipeline"
    label = "pipeline"
