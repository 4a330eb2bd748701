"""What all tests stand on: a real PostgreSQL, started by tests.settings where none is named."""

import pytest
from django.conf import settings
from hypothesis import settings as drawing

drawing.register_profile("untimed", parent=drawing(), deadline=None)  # no test is a matter of speed
drawing.load_profile("untimed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's event loop stays in the thread, and no other can run in it then."""
    items.sort(key=lambda item: "browser" in item.path.parts)


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL that this run has started; its workers only inherit the address."""
    if settings.configured and hasattr(settings, "SERVER"):
        settings.SERVER.stop()
