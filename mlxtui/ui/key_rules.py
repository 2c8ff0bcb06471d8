"""Which keys an action may have, when the user gives it others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from textual.binding import Binding

from mlxtui.i18n import _
from mlxtui.ui.actions import Action, bindings, key_text

# Every widget that shows text copies with it.
_COPY_KEYS = frozenset({"ctrl+c", "super+c"})


def keys_problem(
    action: Action, keys: str, actions: Iterable[Action], used: Mapping[str, str]
) -> str:
    """Why an action cannot have these keys; empty when it can.

    Args:
        keys: Textual's names, separated by commas.
        actions: Every action of the app.
        used: Action name to keys, where the user has changed them already.
    """
    others = [
        other
        for other in actions
        if other.name != action.name
        and ({other.place, action.place} & {"app"} or other.place == action.place)
    ]
    for key in keys.split(","):
        shown = key_text(key)
        if key in _COPY_KEYS:
            return _("{key} copies the selected text.").format(key=shown)
        if _goes_before_editors(action) and not _goes_before_editors(
            replace(action, keys=key)
        ):
            return _("{key} is needed in text fields.").format(key=shown)
        for other in others:
            if key in used.get(other.name, other.keys).split(","):
                return _("{key} already means “{title}”.").format(
                    key=shown, title=_(other.title)
                )
    return ""


def usable_keys(
    wanted: Mapping[str, str], actions: Sequence[Action]
) -> tuple[dict[str, str], list[str]]:
    """The keys that can be used of those that the user wrote into the file.

    Returns:
        Action name to keys, and what is wrong with the others.
    """
    named = {action.name: action for action in actions}
    usable: dict[str, str] = {}
    problems: list[str] = []
    for name, keys in wanted.items():
        if name not in named:
            problems.append(_("There is no action {name}.").format(name=name))
            continue
        # Two actions may change their keys for one another's.
        others = {**wanted, **usable}
        problem = keys_problem(named[name], keys, actions, others)
        if problem:
            problems.append(f"{name}: {problem}")
        else:
            usable[name] = keys
    return usable, problems


def _goes_before_editors(action: Action) -> bool:
    (binding,) = bindings([action])
    assert isinstance(binding, Binding)
    return binding.priority
