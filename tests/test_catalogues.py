"""The catalogues: complete, compiled, and with the same placeholders."""

import re
from string import Formatter

import pytest

from mlxtui import i18n
from tests import catalogues


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_edited_catalogue_has_the_messages_of_the_code(
    language: i18n.Language,
) -> None:
    edited = catalogues.file(language, "po").read_bytes()
    assert edited == catalogues.po_bytes(catalogues.updated(language)), (
        "run python -m tests.catalogues"
    )


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_compiled_catalogue_is_made_of_the_edited_one(
    language: i18n.Language,
) -> None:
    edited = catalogues.texts(catalogues.read(language))
    assert catalogues.texts(catalogues.compiled(language)) == edited, (
        "run python -m tests.catalogues"
    )


def _placeholders(text: str) -> set[str]:
    named = {name for _text, name, _spec, _conv in Formatter().parse(text) if name}
    return named | set(re.findall(r"%\(\w+\)\w", text))


def test_every_message_is_translated_with_its_placeholders() -> None:
    for message in catalogues.read("ja"):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        texts = (
            message.string
            if isinstance(message.string, tuple | list)
            else [message.string]
        )
        for text in texts:
            assert text, message.id
            assert _placeholders(text) == _placeholders(ids[-1]), message.id


def test_click_speaks_the_language_too() -> None:
    ids = {message.id for message in catalogues.collect()}
    assert "Show this message and exit." in ids
