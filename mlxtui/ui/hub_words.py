"""What the hub's list says of itself: how much was found, and what to do next."""

from mlxtui.i18n import _, ngettext
from mlxtui.ui.hub_descriptions import Descriptions, NotDescribed
from mlxtui.ui.hub_rows import words_of
from mlxtui.ui.hub_search import HubSearch


def is_searched(address: str) -> bool:
    """Whether words are searched for, beside an address or without one."""
    return not address or bool(words_of(address))


def is_busy(search: HubSearch, descriptions: Descriptions, address: str) -> bool:
    """Whether the hub has not answered yet."""
    if address and descriptions.is_asked(address):
        return True
    return search.phase == "searching" and is_searched(address)


def summary_text(search: HubSearch, address: str, count: int) -> str:
    """How many rows there are, and whether more will come."""
    if search.is_recommended and not address:
        return _("Recommended for this machine")
    if search.failure is not None and not count:
        return ""  # what the hub has is not known
    found = ngettext("{count} found", "{count} found", count).format(count=count)
    if search.phase == "more":
        return _("{found} · fetching more…").format(found=found)
    if is_searched(address) and search.has_more:
        return _("{found} · more below").format(found=found)
    return found


def notice_text(
    search: HubSearch, descriptions: Descriptions, address: str, count: int
) -> str:
    """What went wrong, or why there are no rows, with the next step."""
    if is_searched(address) and search.failure is not None:
        return " ".join(search.failure)
    if count:
        return ""
    exact = descriptions.of(address) if address else None
    if isinstance(exact, NotDescribed):
        return f"{exact.message} {exact.hint}"
    if search.phase == "done" and search.is_recommended:
        return _("Nothing is recommended. Type words to search the hub.")
    return _(
        "The hub has nothing for this. o looks at other formats, k at other kinds."
    )
