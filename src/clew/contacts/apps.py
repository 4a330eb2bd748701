from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """Registers the stage with Django."""

    name = "clew.contacts"
    label = "contacts"
