"""A local hub, and the right to ask it."""

from collections.abc import Iterator

import pytest

from mlxtui.hub.access import HubAccess
from tests.hub_server import TOKEN, HubServer


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """An empty hub of this test alone."""
    with HubServer() as server:
        yield server


@pytest.fixture
def access(hub: HubServer) -> HubAccess:
    """Access with the token of the user `tester`."""
    return HubAccess(hub.endpoint, TOKEN)
