from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Registers the part of the stage with Django."""

    name = "clew.pipeline.reviews"
    label = "reviews"
