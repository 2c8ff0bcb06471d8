"""The questions whose answers make a recipe, and which of them follow from which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

from mlxtui.i18n import _
from mlxtui.plan_words import context_text
from mlxtui.recipes import (
    BITS,
    FLOAT_TYPES,
    GROUP_SIZES,
    MIXED_RECIPES,
    MODES,
    FloatType,
    MixedRecipe,
    Quantization,
    Recipe,
    quantization,
)
from mlxtui.ui.quantize_facts import QuantizeFacts

_CONTEXTS = (4096, 8192, 16_384, 32_768, 65_536, 131_072)
_KEPT = "kept"

Way = Literal["import", "quantize", "mixed", "fit", "float"]


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its answers."""

    title: str
    choices: Mapping[str, str]
    value: str


class RecipeChoices:
    """What was answered so far; only what MLX can make is offered.

    Args:
        facts: The model that the recipe is for.
    """

    ROWS: ClassVar[tuple[str, ...]] = (
        "way", "mode", "bits", "recipe", "group", "context", "type", "measure",
    )  # fmt: skip
    """The names of all questions, in their order."""

    def __init__(self, facts: QuantizeFacts) -> None:
        self._facts = facts
        # A GGUF file becomes a model without a recipe, too: fewer bits are meant here.
        is_unpacked_first = facts.is_packed and not facts.is_gguf
        self._answers = {
            "way": "float" if is_unpacked_first else "quantize",
            "mode": "affine",
            "bits": "4",
            "recipe": MIXED_RECIPES[-1],
            "group": "64",
            "context": str(self._contexts()[0]),
            "type": _KEPT,
            "measure": "yes",
        }

    @property
    def way(self) -> Way:
        """Which kind of recipe."""
        return cast(Way, self._answers["way"])

    def choose(self, name: str, value: str) -> None:
        """Take an answer, where there is more than one."""
        if len(self.rows()[name].choices) > 1:
            self._answers[name] = value

    @property
    def recipe(self) -> Recipe:
        """What the answers make."""
        measure = self._answers["measure"] == "yes"
        match self.way:
            case "import":
                return Recipe()
            case "quantize":
                return Recipe(quantization=self._packed(), measure=measure)
            case "mixed":
                group_size = int(self._answers["group"])
                return Recipe(
                    quantization=quantization(group_size=group_size),
                    mixed=cast(MixedRecipe, self._answers["recipe"]),
                    measure=measure,
                )
            case "fit":
                tokens = int(self._answers["context"])
                return Recipe(fit_context_tokens=tokens, measure=measure)
            case "float":
                chosen = self._answers["type"]
                return Recipe(
                    dequantize=self._facts.is_packed,
                    float_type=None if chosen == _KEPT else cast(FloatType, chosen),
                )

    def rows(self) -> dict[str, Row]:
        """The questions that are to be answered now."""
        rows = {"way": self._row("way", _("How"), self._ways())}
        if self.way == "quantize":
            packed = self._packed()
            rows["mode"] = self._row("mode", _("Mode"), {each: each for each in MODES})
            if packed.mode == "affine":
                rows["bits"] = self._row("bits", _("Bits"), _numbers(BITS))
                rows["group"] = self._row(
                    "group", _("Group size"), _numbers(GROUP_SIZES)
                )
            else:  # it has one form only
                rows["bits"] = _only(_("Bits"), packed.bits)
                rows["group"] = _only(_("Group size"), packed.group_size)
        elif self.way == "mixed":
            recipes: dict[str, str] = {
                each: each.removeprefix("mixed_").replace("_", " + ")
                for each in MIXED_RECIPES
            }
            rows["recipe"] = self._row("recipe", _("Bits"), recipes)
            rows["group"] = self._group_sizes()
        elif self.way == "fit":
            contexts = {str(each): context_text(each) for each in self._contexts()}
            rows["context"] = self._row("context", _("Context"), contexts)
        elif self.way == "float":
            kept = _("as its source") if self._facts.is_packed else _("as it is")
            types: dict[str, str] = {_KEPT: kept}
            types |= {each: each for each in FLOAT_TYPES}
            rows["type"] = self._row("type", _("Type"), types)
        if self.way not in ("import", "float"):
            yes_no = {"yes": _("yes"), "no": _("no")}
            rows["measure"] = self._row("measure", _("Measure"), yes_no)
        return {name: rows[name] for name in self.ROWS if name in rows}

    def _row(self, name: str, title: str, choices: Mapping[str, str]) -> Row:
        return Row(title, choices, self._answers[name])

    def _group_sizes(self) -> Row:
        return self._row("group", _("Group size"), _numbers(GROUP_SIZES))

    def _ways(self) -> dict[str, str]:
        as_it_is = {"import": _("as it is")} if self._facts.is_gguf else {}
        return as_it_is | {
            "quantize": _("quantize"),
            "mixed": _("mixed bits"),
            "fit": _("fit this machine"),
            "float": _("16 bits again") if self._facts.is_packed else _("no packing"),
        }

    def _packed(self) -> Quantization:
        mode = self._answers["mode"]
        if mode != "affine":
            return quantization(mode=mode)
        return quantization(int(self._answers["bits"]), int(self._answers["group"]))

    def _contexts(self) -> tuple[int, ...]:
        """Lengths that the model has; the whole of a shorter one."""
        longest = self._facts.context_length or _CONTEXTS[-1]
        return tuple(each for each in _CONTEXTS if each <= longest) or (longest,)


def _numbers(values: tuple[int, ...]) -> dict[str, str]:
    return {str(value): str(value) for value in values}


def _only(title: str, value: int) -> Row:
    return Row(title, {str(value): str(value)}, str(value))
