"""The check of the Hugging Face hub. Addresses are shown without their passwords."""

import queue
import threading
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mlxtui.cli.checks import Finding
from mlxtui.errors import HubError
from mlxtui.hub.access import HubAccess, hub_access, without_login
from mlxtui.hub.asking import reach
from mlxtui.i18n import _
from mlxtui.settings import Settings

_TIMEOUT_SECONDS = 3.0


def check_hub(used: Settings) -> Finding:
    """The hub answers; without it everything but searching and downloading works."""
    try:
        access = hub_access(used)
    except HubError as error:
        return Finding("hub", "warning", error.message, error.hint)
    if access.offline:
        return _switched_off(used)
    # In a thread: no timeout of a request counts the search for the host's address.
    answers: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    threading.Thread(
        target=lambda: answers.put(_ask(access)), name="mlxtui-doctor", daemon=True
    ).start()
    try:
        return answers.get(timeout=_TIMEOUT_SECONDS)
    except queue.Empty:
        return _no_answer(access.endpoint, _too_late())


def _switched_off(used: Settings) -> Finding:
    if used.offline:
        return Finding(
            "hub",
            "warning",
            _("The setting offline is on, so nothing is searched or downloaded."),
            "mlxtui config set offline off",
        )
    return Finding(
        "hub",
        "warning",
        _("HF_HUB_OFFLINE is set, so nothing is searched or downloaded."),
        "unset HF_HUB_OFFLINE",
    )


def _ask(access: HubAccess) -> Finding:
    try:
        reach(access, _TIMEOUT_SECONDS)
    except HubError as error:
        return _no_answer(access.endpoint, error.message, error.hint)
    text = _("The hub {address} answers.")
    return Finding("hub", "ok", text.format(address=_address(access.endpoint)))


def _too_late() -> str:
    return _("no answer in {seconds} seconds").format(seconds=f"{_TIMEOUT_SECONDS:g}")


def _no_answer(endpoint: str, reason: str, hint: str = "") -> Finding:
    return Finding(
        "hub",
        "warning",
        _("The hub {address} cannot be used: {reason}").format(
            address=_address(endpoint), reason=reason
        ),
        " ".join(
            filter(None, (hint, _("Chatting and the models that are here need none.")))
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
