"""The recommended models: the package's list and the user's own."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from mlxtui import paths
from mlxtui.errors import InvalidParameter, SettingsError
from mlxtui.harmless import one_line
from mlxtui.hub.address import parse_address
from mlxtui.i18n import _
from mlxtui.repositories import Recommendation, RepositoryKind

_OWN_LIST = Path(__file__).with_name("recommended.toml")

_KINDS: tuple[RepositoryKind, ...] = get_args(RepositoryKind)
_KEYS = (
    "repository", "kind", "parameters", "size_bytes", "cache_bytes", "languages",
    "note_en", "note_ja",
)  # fmt: skip

# Nobody recommends by the thousand; a larger file is another one.
_MOST_BYTES = 1 << 20


def recommended() -> tuple[Recommendation, ...]:
    """All recommended models, the smallest first.

    An entry of the user's `recommended.toml` replaces one of the same repository.

    Raises:
        SettingsError: The user's file cannot be read, or has a wrong entry; the message
            names the file and the entry.
    """
    models = {one.repo_id.lower(): one for one in _read(_OWN_LIST)}
    for one in _read(paths.recommended_file(), is_from_user=True):
        models[one.repo_id.lower()] = one
    return tuple(sorted(models.values(), key=lambda one: one.size_bytes))


def _read(file: Path, *, is_from_user: bool = False) -> list[Recommendation]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ValueError(_("it is too large"))
        table = tomllib.loads(content.decode())
        entries = table.pop("model", [])
        if table or not isinstance(entries, list):
            raise ValueError(_("only [[model]] may stand in it"))
        return [
            _entry(number, entry, is_from_user)
            for number, entry in enumerate(entries, start=1)
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(
            _("{path} cannot be read: {reason}").format(
                path=file, reason=one_line(str(error))
            ),
            hint=_("Mend or delete the file."),
        ) from error


def _entry(number: int, entry: object, is_from_user: bool) -> Recommendation:
    """One entry of a list.

    Raises:
        ValueError: It is wrong; the message says where and why.
    """
    where = _("model {number}: ").format(number=number)
    if not isinstance(entry, dict):
        raise ValueError(where + _("only [[model]] may stand in it"))
    if unknown := sorted(set(entry) - set(_KEYS)):
        raise ValueError(where + _("there is no key {key}").format(key=unknown[0]))
    try:
        address = parse_address(_text(entry, "repository"))
    except InvalidParameter as error:
        raise ValueError(where + error.message) from error
    try:
        return Recommendation(
            repo_id=str(address),
            kind=_kind(entry),
            parameter_count=_count(entry, "parameters"),
            size_bytes=_count(entry, "size_bytes"),
            cache_bytes=_count(entry, "cache_bytes") if "cache_bytes" in entry else 0,
            languages=_languages(entry),
            note_en=_text(entry, "note_en"),
            note_ja=_text(entry, "note_ja"),
            is_from_user=is_from_user,
        )
    except KeyError as error:
        text = _("{key} is missing, or is not what it should be")
        raise ValueError(where + text.format(key=error.args[0])) from error


def _kind(entry: Mapping[str, Any]) -> RepositoryKind:
    for kind in _KINDS:
        if entry.get("kind", "text") == kind:
            return kind
    raise KeyError("kind")


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise KeyError(key)
    return value


def _count(entry: Mapping[str, Any], key: str) -> int:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise KeyError(key)
    return value


def _languages(entry: Mapping[str, Any]) -> tuple[str, ...]:
    value = entry.get("languages", [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise KeyError("languages")
    return tuple(value)
