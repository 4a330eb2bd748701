"""What all tests stand on: a real PostgreSQL, started by tests.settings where none is named."""

from django.conf import settings


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL that this run has started; its workers only inherit the address."""
    if settings.configured and hasattr(settings, "SERVER"):
        settings.SERVER.stop()
