"""Reading what was typed or pasted as the address of a repository; asks nobody."""

import re
from urllib.parse import unquote, urlsplit

from mlxtui.errors import InvalidParameter
from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _
from mlxtui.repositories import RepositoryAddress

# huggingface_hub's own rule for each of the two parts.
_NAME = re.compile(r"(?![.-])(?!.*(?:--|\.\.))[A-Za-z0-9._-]{1,96}(?<![.-])")

# What git allows in a name, and what a path of the cache can bear.
_REVISION = re.compile(
    r"(?![/.-])(?!.*(?:\.\.|//|@\{|/\.))[^\s\x00-\x1f\x7f~^:?*\[\\]+"
)

_WEB = re.compile(r"(?:https?://|hf://|(?:www\.)?huggingface\.co/|hf\.co/)", re.I)

# Their addresses look like a hub's, and mean something else.
_OTHER_HOSTS = (
    "github.com", "gitlab.com", "ollama.com", "modelscope.cn", "civitai.com",
    "kaggle.com",
)  # fmt: skip

# What mail and prose put around an address.
_AROUND = "<>\"'"

_NOT_MODELS = ("datasets", "spaces", "collections", "papers", "docs", "kernels")
_FILE_VERBS = ("blob", "resolve", "raw")
_REVISION_VERBS = (*_FILE_VERBS, "tree", "commit", "commits")
_SPLIT_REVISIONS = ("pr", "convert")

_PARTS = 2
_EXAMPLE = "mlx-community/Qwen3-4B-4bit"


def looks_like_address(text: str) -> bool:
    """Whether a search's words are rather the address of one repository."""
    try:
        parse_address(text)
    except InvalidParameter:
        return False
    return True


def is_web_address(text: str) -> bool:
    """Whether a text is the address of a page, and so cannot be words to search."""
    return bool(_WEB.match(text.strip().strip(_AROUND)))


def parse_address(text: str) -> RepositoryAddress:
    """The repository that a text names.

    Args:
        text: `owner/name`, `owner/name@revision`, or the address of a page of it on
            huggingface.co or a mirror: of a branch or a file, too.

    Raises:
        InvalidParameter: It names none; the message has what was typed.
    """
    typed = text.strip().strip(_AROUND)
    if _WEB.match(typed):
        return _from_web(typed)
    rest, at, revision = typed.removesuffix("/").removesuffix(":latest").partition("@")
    parts = rest.split("/")
    if len(parts) > _PARTS and parts[-1].lower().endswith((".gguf", ".safetensors")):
        return _checked(typed, parts[:_PARTS], revision, "/".join(parts[_PARTS:]))
    if len(parts) > _PARTS:
        last = "/".join(parts[-_PARTS:])
        hint = _("Did you mean {name}?").format(name=one_line(last))
        raise _refused(typed, hint if _is_repo_id(last) else "")
    if at and not revision:
        raise _refused(typed)
    return _checked(typed, parts, revision)


def _from_web(typed: str) -> RepositoryAddress:
    if "://" not in typed:
        typed = "https://" + typed
    try:
        address = urlsplit(typed)
        host = (address.hostname or "").lower()
    except ValueError as error:
        raise _refused(typed) from error
    parts = [part for part in address.path.split("/") if part]
    if address.scheme.lower() == "hf":
        return _from_hf(typed, [address.netloc, *parts])
    for other in _OTHER_HOSTS:
        if host == other or host.endswith(f".{other}"):
            raise InvalidParameter(
                _("{host} is not Hugging Face.").format(host=one_line(host)),
                hint=_("Give owner/name, or the model's page on huggingface.co."),
            )
    if parts[:2] == ["api", "models"]:
        parts = parts[2:]
    if parts and parts[0] == "models" and len(parts) > _PARTS:
        parts = parts[1:]
    if parts and parts[0] in _NOT_MODELS:
        raise _no_model(typed)
    names, rest = parts[:_PARTS], [unquote(part) for part in parts[_PARTS:]]
    if not rest or rest[0] not in _REVISION_VERBS or len(rest) == 1:
        return _checked(typed, [unquote(name) for name in names], "")
    verb, revision, *path = rest
    if revision == "refs" and len(path) >= _PARTS and path[0] in _SPLIT_REVISIONS:
        revision, path = "/".join(("refs", *path[:_PARTS])), path[_PARTS:]
    file = "/".join(path) if verb in _FILE_VERBS else ""
    return _checked(typed, [unquote(name) for name in names], revision, file)


def _from_hf(typed: str, parts: list[str]) -> RepositoryAddress:
    """`hf://owner/name@revision/file`, as huggingface_hub writes it."""
    if parts[0] in _NOT_MODELS:
        raise _no_model(typed)
    if parts[0] == "models":
        parts = parts[1:]
    if len(parts) < _PARTS:
        raise _refused(typed)
    name, _at, revision = parts[1].partition("@")
    file = unquote("/".join(parts[_PARTS:]))
    return _checked(typed, [parts[0], name], unquote(revision), file)


def _checked(
    typed: str, names: list[str], revision: str, file: str = ""
) -> RepositoryAddress:
    if len(names) == 1 and _NAME.fullmatch(names[0]):
        raise InvalidParameter(
            _("{text} names no owner.").format(text=one_line(typed)),
            hint=_("Give owner/name, such as {example}; or search for it.").format(
                example=_EXAMPLE
            ),
        )
    repo_id = "/".join(names)
    if not _is_repo_id(repo_id):
        raise _refused(typed)
    if revision and not (
        _REVISION.fullmatch(revision) and harmless(revision) == revision
    ):
        raise InvalidParameter(
            _("{revision} cannot be a revision.").format(revision=one_line(revision)),
            hint=_("A revision is a branch, a tag or a commit."),
        )
    return RepositoryAddress(repo_id=repo_id, revision=revision or "main", file=file)


def _is_repo_id(text: str) -> bool:
    parts = text.split("/")
    return len(parts) == _PARTS and all(_NAME.fullmatch(part) for part in parts)


def _no_model(typed: str) -> InvalidParameter:
    return InvalidParameter(
        _("{text} is no model.").format(text=one_line(typed)),
        hint=_("Give owner/name of a model, such as {example}.").format(
            example=_EXAMPLE
        ),
    )


def _refused(typed: str, hint: str = "") -> InvalidParameter:
    return InvalidParameter(
        _("{text} is not the address of a model.").format(text=one_line(typed)),
        hint=hint
        or _("Give owner/name[@revision], such as {example}.").format(example=_EXAMPLE),
    )
