"""What the hub's client raises, as errors with a sentence and a next step.

No message holds a token or a password: of foreign errors only the kind, the status and
the hub's own short message are taken.
"""

import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlxtui.errors import AccessDenied, HubError, Offline, RepositoryNotFound
from mlxtui.harmless import one_line
from mlxtui.hub.access import without_login
from mlxtui.i18n import _
from mlxtui.repositories import RepositoryAddress

if TYPE_CHECKING:
    import httpx2

# Of what a hub says in its own words.
_MOST_CHARACTERS = 200

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_TOO_MANY = 429
_SERVER_ERROR = 500
_NOT_THERE = (_UNAUTHORIZED, 404)

# How httpcore2 and h11 word the end of a connection in the middle of an answer.
_CLOSED = ("disconnected", "closed")


def failure_of(
    error: BaseException,
    address: RepositoryAddress | str = "",
    endpoint: str = "",
    *,
    server: str = "",
) -> HubError:
    """Our error for one of huggingface_hub's, of httpx2's, or of nonsense read.

    Args:
        address: What was asked for: a repository, else words for the user.
        endpoint: The hub's address; empty takes that of the failed request.
        server: What the user is told of which server did not answer; empty takes the
            host of the endpoint.
    """
    if isinstance(error, HubError):
        return error
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    endpoint = endpoint or _endpoint_of(error)
    if isinstance(error, OfflineModeIsEnabled):
        return Offline(
            _("HF_HUB_OFFLINE is set, so {host} is not asked.").format(
                host=host_of(endpoint)
            ),
            hint=_("unset HF_HUB_OFFLINE"),
        )
    if isinstance(error, HfHubHTTPError | httpx2.HTTPStatusError):
        return refusal(error.response, address, endpoint)
    if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | OSError):
        return _unreached(error, server or host_of(endpoint), endpoint)
    return nonsense(endpoint)


def nonsense(endpoint: str) -> HubError:
    """The error for an answer that no hub gives."""
    return HubError(
        _("{host} does not answer as a hub does.").format(host=host_of(endpoint)),
        hint=_(
            "Look at the address of the mirror, and at a login page of the network."
        ),
    )


def wrong_bytes(path: str, endpoint: str) -> HubError:
    """The error for a part of a file that is not the part that was asked for."""
    return HubError(
        _("{host} sends wrong bytes of {file}.").format(
            host=host_of(endpoint), file=one_line(path)
        ),
        hint=_("Try another network or mirror: this one changes what it passes on."),
    )


def host_of(endpoint: str) -> str:
    """The host of an address, for the user; without login."""
    shown = without_login(endpoint)
    return one_line(shown.partition("://")[2] or shown).partition("/")[0] or "?"


def _endpoint_of(error: BaseException) -> str:
    """Scheme and host of the request that failed; empty where that is not known."""
    try:
        parts = urlsplit(str(error.request.url))  # type: ignore[attr-defined]
    except (AttributeError, RuntimeError, ValueError):
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def refusal(
    response: "httpx2.Response", address: RepositoryAddress | str, endpoint: str
) -> HubError:
    """The error for an answer with a status that says no; only its head is read."""
    status = response.status_code
    host = host_of(endpoint)
    is_repository = isinstance(address, RepositoryAddress)
    repo_id = address.repo_id if isinstance(address, RepositoryAddress) else address
    code = response.headers.get("X-Error-Code", "")
    words = one_line(response.headers.get("X-Error-Message", ""))[:_MOST_CHARACTERS]
    page = f"{without_login(endpoint)}/{repo_id}"
    if code == "GatedRepo":
        return _gated(repo_id, page, has_token=status != _UNAUTHORIZED)
    if status == _UNAUTHORIZED and words.startswith("Invalid credentials"):
        return AccessDenied(
            _("{host} does not know this access token.").format(host=host),
            hint=_(
                "Make a new one at {address}, then: mlxtui config set hub_token"
            ).format(address=f"{without_login(endpoint)}/settings/tokens"),
        )
    if isinstance(address, RepositoryAddress) and code == "RevisionNotFound":
        return RepositoryNotFound(
            _("{repo} has no revision {revision}.").format(
                repo=repo_id, revision=address.revision
            ),
            hint=_("Its branches and tags are listed at {address}").format(
                address=f"{page}/tree/main"
            ),
        )
    if isinstance(address, RepositoryAddress) and code == "EntryNotFound":
        return RepositoryNotFound(
            _("A file of {repo} is not there any more.").format(repo=repo_id),
            hint=_("It was changed meanwhile: begin again."),
        )
    if code == "RepoNotFound" or (is_repository and status in _NOT_THERE):
        return RepositoryNotFound(
            _("{host} has no repository {repo}, or it is private.").format(
                host=host, repo=repo_id
            ),
            hint=_(
                "Look at the spelling. A private one needs an access token:"
                " mlxtui config set hub_token"
            ),
        )
    if words == "Access to this resource is disabled.":
        return AccessDenied(
            _("{host} has closed the repository {repo}.").format(
                host=host, repo=repo_id
            )
        )
    return _refused(status, words, response.headers.get("Retry-After", ""), host)


def _gated(repo_id: str, page: str, *, has_token: bool) -> AccessDenied:
    if has_token:
        hint = _("Accept its licence at {address}, then try again.")
    else:
        hint = _(
            "Accept its licence at {address}, then set the access token of that"
            " account: mlxtui config set hub_token"
        )
    return AccessDenied(
        _("{repo} is gated: its licence is to be accepted first.").format(repo=repo_id),
        hint=hint.format(address=page),
    )


def _refused(status: int, words: str, retry_after: str, host: str) -> HubError:
    """The error for a status that says nothing of a repository."""
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        message = _("{host} refuses this (HTTP {status}). {words}")
        return AccessDenied(
            message.format(host=host, status=status, words=words).strip(),
            hint=_("An access token may be needed: mlxtui config set hub_token"),
        )
    if status == _TOO_MANY:
        wait = _("Try again in {seconds} seconds; more are allowed with a token.")
        return HubError(
            _("{host} wants fewer requests (HTTP 429).").format(host=host),
            hint=wait.format(seconds=retry_after)
            if retry_after.isdigit()
            else _("Try again later; more are allowed with an access token."),
        )
    if status >= _SERVER_ERROR:
        return HubError(
            _("{host} has a fault of its own (HTTP {status}).").format(
                host=host, status=status
            ),
            hint=_("Try again in a few minutes."),
        )
    message = _("{host} refuses this (HTTP {status}). {words}")
    return HubError(message.format(host=host, status=status, words=words).strip())


def _unreached(error: BaseException, host: str, endpoint: str) -> HubError:
    """The error for a request that nothing answered."""
    import httpx2

    look = _("Look at the network, the mirror's address and the proxy.")
    if isinstance(error, httpx2.TimeoutException):
        return HubError(
            _("{host} does not answer in time.").format(host=host),
            hint=_("Try again; else look at the network, the mirror and the proxy."),
        )
    if isinstance(error, httpx2.ProxyError):
        return HubError(
            _("The proxy on the way to {host} refuses.").format(host=host),
            hint=_("Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."),
        )
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return HubError(
                _("The certificate of {host} is not valid.").format(host=host),
                hint=_(
                    "Look at this machine's clock; behind a proxy that reads along,"
                    " give its certificate in SSL_CERT_FILE."
                ),
            )
        if isinstance(cause, ssl.SSLError):
            return HubError(
                _("{host} does not speak HTTPS as it should.").format(host=host),
                hint=_("Look at the mirror's address: http or https, and its port."),
            )
    reason = _reason(error)
    if isinstance(error, httpx2.ConnectError):
        if not reason:
            return Offline(_("{host} cannot be reached.").format(host=host), hint=look)
        message = _("{host} cannot be reached: {reason}.")
        return Offline(message.format(host=host, reason=reason), hint=look)
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        # Its message quotes the address, which may hold a password.
        return HubError(
            _("The hub's address or a proxy's is not valid."),
            hint=_("mlxtui config show; and look at HF_ENDPOINT and HTTPS_PROXY."),
        )
    if isinstance(error, httpx2.DecodingError | httpx2.TooManyRedirects):
        return nonsense(endpoint)
    if isinstance(error, httpx2.RemoteProtocolError):
        if any(word in str(error) for word in _CLOSED):
            message = _("{host} closed the connection.")
        else:
            message = _("{host} does not speak HTTP as it should.")
        return HubError(message.format(host=host), hint=_("Try again."))
    if isinstance(error, httpx2.HTTPError):
        if not reason:
            message = _("The connection to {host} was lost.")
        else:
            message = _("The connection to {host} was lost: {reason}.")
        return HubError(message.format(host=host, reason=reason), hint=_("Try again."))
    if not reason:
        return HubError(_("The hub's files cannot be read or written."))
    message = _("The hub's files cannot be read or written: {reason}.")
    return HubError(message.format(reason=reason))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason(error: BaseException) -> str:
    """The system's own words, which hold no address, without a full stop; or none."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return one_line(cause.strerror).rstrip(".")
    return ""
