"""The check of the Hugging Face hub. Addresses are shown without their passwords."""

import queue
import re
import threading
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mlxtui.cli.checks import Finding
from mlxtui.i18n import _

_TIMEOUT_SECONDS = 3.0

# The shortest answer of the search, which a login page does not give.
_QUESTION = "/api/models?limit=1"
_GOOD_STATUS = 200


def check_hub() -> Finding:
    """The hub answers; without it everything but searching and downloading works."""
    from huggingface_hub import constants

    endpoint = constants.ENDPOINT
    if constants.HF_HUB_OFFLINE:
        return Finding(
            "hub",
            "warning",
            _("HF_HUB_OFFLINE is set, so nothing is searched or downloaded."),
            "unset HF_HUB_OFFLINE",
        )
    # In a thread: no timeout of a request counts the search for the host's address.
    answers: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    threading.Thread(
        target=lambda: answers.put(_ask(endpoint)), name="mlxtui-doctor", daemon=True
    ).start()
    try:
        return answers.get(timeout=_TIMEOUT_SECONDS)
    except queue.Empty:
        return _no_answer(endpoint, _too_late())


def without_login(text: str) -> str:
    """Text whose addresses have lost their user:password part and their query."""
    return re.sub(r"[?#]\S*", "", re.sub(r"(\w+://)?\S*@", r"\1", text))


def _ask(endpoint: str) -> Finding:
    # What huggingface_hub itself downloads with: the same proxies and certificates.
    import httpx2

    try:
        with httpx2.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=True) as client:
            response = client.get(endpoint + _QUESTION)
    except httpx2.TimeoutException:
        return _no_answer(endpoint, _too_late())
    except (httpx2.HTTPError, ImportError, OSError) as error:
        return _no_answer(endpoint, str(error) or type(error).__name__)
    except (httpx2.InvalidURL, ValueError):
        # Their messages quote parts of the address, which may be parts of a password.
        return _no_answer(endpoint, _("the address or a proxy's address is not valid"))
    if response.status_code != _GOOD_STATUS:
        return _no_answer(endpoint, f"HTTP {response.status_code}")
    if "json" not in response.headers.get("content-type", ""):
        return _no_answer(endpoint, _("a web page answers in its place"))
    text = _("The hub {address} answers.")
    return Finding("hub", "ok", text.format(address=_address(endpoint)))


def _too_late() -> str:
    return _("no answer in {seconds} seconds").format(seconds=f"{_TIMEOUT_SECONDS:g}")


def _no_answer(endpoint: str, reason: str) -> Finding:
    return Finding(
        "hub",
        "warning",
        _("The hub {address} cannot be reached: {reason}").format(
            address=_address(endpoint), reason=without_login(reason)
        ),
        _(
            "Chatting needs no network. For downloads look at the network, HF_ENDPOINT"
            " and the proxy."
        ),
    )


def _address(endpoint: str) -> str:
    """The endpoint, and the proxy on the way to it."""
    shown = without_login(endpoint)
    try:
        parts = urlsplit(endpoint)
        proxies = getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all", "")
        if proxy and not proxy_bypass(parts.hostname or ""):
            text = _("{address} (through the proxy {proxy})")
            return text.format(address=shown, proxy=without_login(proxy))
    except ValueError:
        pass  # the answer says that the address is not valid
    return shown
