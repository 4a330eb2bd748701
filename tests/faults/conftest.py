"""A way to the database that fails when told to."""

from collections.abc import Iterator

import pytest

from clew.capture.link import conninfo
from tests.faults.proxy import Proxy


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Before the tests' own database."""
    with Proxy(conninfo()) as made:
        yield made
