"""The message catalogues: `python -m tests.catalogues` brings them up to date.

It collects the messages of the code, keeps the translations there are, and compiles.
Click's own words stand in the catalogues, too: `cli.main` makes them its text domain.
"""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from mlxtui import __version__, i18n, paths

_PACKAGE = Path(i18n.__file__).parent
_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}

# Header lines that say who and when instead of what.
_UNSTABLE = (
    b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator',
    b'"Language-Team', b'"Report-Msgid-Bugs-To', b'"Generated-By',
)  # fmt: skip

# What a user of the commands can meet of Click's messages.
_CLICK_MODULES = (
    "core", "decorators", "exceptions", "formatting", "parser", "termui", "types",
)  # fmt: skip


def collect() -> Catalog:
    """Every message of the code, without translations."""
    template = Catalog(
        project="mlxtui",
        version=__version__,
        copyright_holder="The mlxtui authors",
        fuzzy=False,
    )
    found = extract_from_dir(
        _PACKAGE, method_map=[("**.py", "python")], keywords=_KEYWORDS
    )
    for file, _line, message, _comments, _context in found:
        template.add(message, locations=[(f"mlxtui/{file}", 1)])
    for message in _click_messages():
        template.add(message, locations=[("click", 1)])
    return template


def _click_messages() -> Iterator[str | tuple[str, str]]:
    import click

    folder = Path(click.__file__).parent
    for name in _CLICK_MODULES:
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            texts = [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
            ]
            if node.func.id == "_" and texts:
                yield texts[0]
            elif node.func.id == "ngettext" and len(texts) == 2:
                yield texts[0], texts[1]


def file(language: i18n.Language, kind: str) -> Path:
    """The catalogue of a language: `po` to edit, `mo` to read."""
    return paths.locale_dir() / language / "LC_MESSAGES" / f"mlxtui.{kind}"


def read(language: i18n.Language) -> Catalog:
    """The catalogue as it is edited."""
    path = file(language, "po")
    if not path.exists():
        return Catalog(
            locale=language,
            project="mlxtui",
            version=__version__,
            copyright_holder="The mlxtui authors",
            fuzzy=False,
        )
    with open(path, "rb") as source:
        return read_po(source, locale=language)


def updated(language: i18n.Language) -> Catalog:
    """The catalogue with the messages of the code as they are now."""
    catalogue = read(language)
    catalogue.update(collect(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    catalogue.header_comment = "# mlxtui, MIT licence"
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """A catalogue as a file, in an order that does not change by itself."""
    buffer = io.BytesIO()
    write_po(
        buffer, catalogue, width=88, no_location=True, sort_output=True,
        omit_header=False, include_previous=False,
    )  # fmt: skip
    lines = buffer.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_UNSTABLE))


def compiled(language: i18n.Language) -> Catalog:
    """The catalogue as it is read by the app; empty before the first run."""
    path = file(language, "mo")
    if not path.exists():
        return Catalog(locale=language)
    with open(path, "rb") as source:
        return read_mo(source)


def texts(catalogue: Catalog) -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    """Messages and translations, without the header: it has dates and versions."""
    found = {}
    for message in catalogue:
        source, text = _frozen(message.id), _frozen(message.string)
        # Without a translation the compiled file has the message itself.
        if source and text != source and all(text) and text:
            found[source] = text
    return found


def _frozen(text: str | list[str] | tuple[str, ...] | None) -> str | tuple[str, ...]:
    return text if isinstance(text, str) else tuple(text or ())


def main() -> None:
    """Update and compile every catalogue."""
    for language in i18n.LANGUAGES:
        catalogue = updated(language)
        file(language, "po").parent.mkdir(parents=True, exist_ok=True)
        file(language, "po").write_bytes(po_bytes(catalogue))
        if texts(compiled(language)) != texts(read(language)):
            with open(file(language, "mo"), "wb") as target:
                write_mo(target, read(language))
        missing = [m.id for m in catalogue if m.id and not m.string]
        if language != "en" and missing:
            print(f"{language}: {len(missing)} messages without a translation")


if __name__ == "__main__":
    main()
