"""Asking the hub: one request with its limits, and its answer as JSON or bytes.

huggingface_hub's own calls wait for ever on a hub that falls silent, and hide the
cursor of a search; so requests are made here.
"""

import json
import logging
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mlxtui import __version__
from mlxtui.errors import HubError
from mlxtui.hub.access import HubAccess
from mlxtui.hub.failures import failure_of, host_of, nonsense, refusal
from mlxtui.i18n import _
from mlxtui.repositories import RepositoryAddress

if TYPE_CHECKING:
    import httpx2

# It would write each address into the log: words that were searched for, and links
# that open a gated file to who has them.
logging.getLogger("httpx2").setLevel(logging.WARNING)

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
"""So long a hub may send nothing."""

# A hub that drips a byte now and then is given up, too.
_WHOLE_SECONDS = 60.0

# The largest repositories describe themselves in 3 MB.
_MOST_JSON_BYTES = 32 << 20

Parameters = Mapping[str, str | int | Sequence[str]]


_WHOLE = 200


class Answer(NamedTuple):
    """An answer that was read to its end."""

    body: bytes
    status: int
    headers: Mapping[str, str]
    next_address: str
    """The address of the next page, as the hub gives it; empty for none."""


def open_client(access: HubAccess) -> "httpx2.Client":
    """A client for requests to this hub; redirects to other hosts lose the token.

    Raises:
        Offline: No network is wanted.
        HubError: A proxy's address or a certificate's file is not valid.
    """
    access.require_network()
    import httpx2

    # huggingface_hub's build_hf_headers asks the hub a question of its own first.
    headers = {"User-Agent": f"mlxtui/{__version__}"}
    if access.token:
        headers["Authorization"] = f"Bearer {access.token}"
    try:
        return httpx2.Client(
            verify=_certificates(),
            headers=headers,
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=True,
        )
    except ImportError as error:
        raise HubError(
            _("A SOCKS proxy cannot be used without the package socksio."),
            hint=_("pip install socksio; or give the address of an HTTP proxy."),
        ) from error
    except (ValueError, OSError, httpx2.InvalidURL) as error:
        # Their messages quote parts of the address, which may be parts of a password.
        raise HubError(
            _("The address of a proxy, or the file of a certificate, is not valid."),
            hint=_("Look at HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE."),
        ) from error


@cache
def _certificates() -> ssl.SSLContext:
    """What servers are known by: 50 ms to read, so read once."""
    import httpx2

    return httpx2.create_ssl_context()


@contextmanager
def translated(address: RepositoryAddress | str, endpoint: str) -> Iterator[None]:
    """Every failure of a request inside as one of ours."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise failure_of(error, address, endpoint) from error


def ask(
    client: "httpx2.Client",
    access: HubAccess,
    path: str,
    parameters: Parameters | None = None,
    *,
    address: RepositoryAddress | str = "",
    byte_range: tuple[int, int] | None = None,
    most_bytes: int = _MOST_JSON_BYTES,
) -> Answer:
    """Ask for one thing and read the answer, at most so many bytes.

    Args:
        path: Below the endpoint, quoted, from its slash on.
        address: What is asked for, for the error.
        byte_range: First byte and the one behind the last.

    Raises:
        HubError: The hub says no, says nothing, or says too much.
    """
    # Not compressed: lengths are then those of the files.
    headers = {"Accept-Encoding": "identity"}
    if byte_range:
        headers["Range"] = f"bytes={byte_range[0]}-{byte_range[1] - 1}"
    until = time.monotonic() + _WHOLE_SECONDS
    with (
        translated(address, access.endpoint),
        client.stream(
            "GET", access.endpoint + path, params=parameters, headers=headers
        ) as response,
    ):
        if response.is_error:
            raise refusal(response, address, access.endpoint)
        parts: list[bytes] = []
        length = 0
        for part in response.iter_raw():
            parts.append(part)
            length += len(part)
            if byte_range and response.status_code == _WHOLE and length >= most_bytes:
                break  # the whole file is coming; its beginning was wanted
            if length > most_bytes:
                raise nonsense(access.endpoint)
            if time.monotonic() > until:
                raise HubError(
                    _("{host} sends too slowly.").format(host=host_of(access.endpoint)),
                    hint=_("Try again later."),
                )
        following = response.links.get("next", {}).get("url", "")
        return Answer(
            b"".join(parts), response.status_code, response.headers, following
        )


def ask_json(
    client: "httpx2.Client",
    access: HubAccess,
    path: str,
    parameters: Parameters | None = None,
    *,
    address: RepositoryAddress | str = "",
) -> tuple[Any, str]:
    """The answer as JSON, and the address of the next page.

    Raises:
        HubError: The hub says no, or answers something else than JSON.
    """
    answer = ask(client, access, path, parameters, address=address)
    try:
        return json.loads(answer.body), answer.next_address
    except (ValueError, RecursionError) as error:
        raise nonsense(access.endpoint) from error


def reach(access: HubAccess, timeout_seconds: float) -> None:
    """Ask the hub for as little as it can answer, which no login page does.

    Raises:
        HubError: It cannot be asked, does not know the token, or answers nonsense.
    """
    with open_client(access) as client:
        client.timeout = timeout_seconds
        lines, _following = ask_json(client, access, "/api/models", {"limit": 1})
    if not isinstance(lines, list):
        raise nonsense(access.endpoint)
