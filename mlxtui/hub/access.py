"""Which hub is asked, with which token, and where its files are kept."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from mlxtui import paths
from mlxtui.errors import AccessDenied, Offline
from mlxtui.i18n import _
from mlxtui.settings import Settings

# What a header can carry; others would be refused with the token in the message.
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class HubAccess:
    """A hub's address and the right to ask it."""

    endpoint: str
    """Its address, without a slash at its end."""
    token: str = field(default="", repr=False)
    """Goes to this hub alone; empty is none."""
    offline: bool = False
    """Nothing may be asked of the network."""

    def require_network(self) -> None:
        """Nothing, where the network may be used.

        Raises:
            Offline: It may not.
        """
        if self.offline:
            raise Offline(
                _("The network is switched off, so {address} is not asked.").format(
                    address=without_login(self.endpoint)
                ),
                hint=_(
                    "mlxtui config set offline off; and unset HF_HUB_OFFLINE if it"
                    " is set."
                ),
            )


def hub_access(settings: Settings) -> HubAccess:
    """The hub of the settings; what they leave open, of the hub's usual places.

    These are HF_TOKEN, the file of `hf auth`, HF_ENDPOINT and HF_HUB_OFFLINE. It may
    read files and, for a login that ends soon, ask the network for a new token.

    Raises:
        AccessDenied: The token cannot be read, or has characters that no token has.
    """
    from huggingface_hub import constants

    endpoint = (settings.hub_endpoint or constants.ENDPOINT).rstrip("/")
    offline = settings.offline or constants.is_offline_mode()
    if offline:
        return HubAccess(endpoint, offline=True)
    return HubAccess(endpoint, token=settings.hub_token or _usual_token())


def cache_dir(settings: Settings) -> Path:
    """The folder of downloads: the hub's own cache, or `hub` in the models folder."""
    if settings.models_folder is not None:
        return paths.expand(settings.models_folder) / "hub"
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def without_login(text: str) -> str:
    """Text whose addresses have lost their user:password part and their query."""
    return re.sub(r"[?#]\S*", "", re.sub(r"(\w+://)?\S*@", r"\1", text))


def _usual_token() -> str:
    import httpx2
    from huggingface_hub import get_token
    from huggingface_hub.errors import OIDCError

    try:
        token = get_token() or ""
    except (OSError, ValueError, OIDCError, httpx2.HTTPError) as error:
        raise AccessDenied(
            _("The access token of `hf auth` cannot be used: {reason}.").format(
                reason=type(error).__name__
            ),
            hint=_("Log in again: hf auth login; or: mlxtui config set hub_token"),
        ) from error
    if token and not _TOKEN.fullmatch(token):
        raise AccessDenied(
            _("The access token has characters that no token has."),
            hint=_("Look at HF_TOKEN, or log in again: hf auth login"),
        )
    return token
