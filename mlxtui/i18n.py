"""Messages in the user's language: gettext catalogues under `locale/`.

The message in the code is English; `_` looks it up at each call, so the language
can change while the app runs. Compile the catalogues after an edit with
`python -m tests.catalogues`.
"""

import gettext
import os
from typing import Literal, get_args

from mlxtui import paths

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_translations: gettext.NullTranslations = gettext.NullTranslations()
_language: Language = "en"


def language_of_locale() -> Language:
    """The language that the terminal's locale asks for; English if it is another."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"


def set_language(language: Language | Literal["auto"]) -> None:
    """Use this language from now on, in every thread."""
    global _translations, _language
    _language = language_of_locale() if language == "auto" else language
    _translations = gettext.translation(
        "mlxtui", paths.locale_dir(), [_language], fallback=True
    )


def current_language() -> Language:
    """The language in use."""
    return _language


def _(message: str) -> str:
    """The message in the language in use."""
    return _translations.gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message for a count, by the language's plural rule."""
    return _translations.ngettext(singular, plural, count)


def N_(message: str) -> str:
    """Mark a message for the catalogue that is looked up later."""
    return message
