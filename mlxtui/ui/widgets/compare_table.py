"""A model and all that was made from it, side by side."""

from collections.abc import Hashable, Sequence

from textual import events

from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.types import LocalModel
from mlxtui.ui.table_columns import Column
from mlxtui.ui.widgets.column_table import MUTED, PLAIN, ColumnTable, Parts
from mlxtui.ui.widgets.model_table import name_parts
from mlxtui.units import bytes_text, rate_text


def source_of(models: Sequence[LocalModel]) -> LocalModel | None:
    """The one that all others come from, where it is here."""
    names = {model.name.lower() for model in models}
    sources = {model.provenance.source.lower() for model in models if model.provenance}
    for model in models:
        made_from = model.provenance.source.lower() if model.provenance else ""
        if model.name.lower() in sources and made_from not in names:
            return model
    return None


def perplexity_of(model: LocalModel, models: Sequence[LocalModel]) -> float | None:
    """What was measured of a model itself, or of it as the source of another one."""
    if model.provenance is not None and model.provenance.quality is not None:
        return model.provenance.quality.perplexity
    for made in models:
        if made.provenance is None or made.provenance.quality is None:
            continue
        measured = made.provenance.quality.source_perplexity
        is_made_from = made.provenance.source.lower() == model.name.lower()
        if is_made_from and measured is not None:
            return measured
    return None


class CompareTable(ColumnTable[LocalModel], inherit_bindings=True):
    """From the smallest to the largest.

    Args:
        models: With the figures that were measured of them.
    """

    def __init__(self, models: Sequence[LocalModel]) -> None:
        super().__init__()
        self._models = models
        self._source = source_of(models)

    def on_mount(self) -> None:
        """Without rows it has no size that could change."""
        self.show(self._models)

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many columns as there is room for."""
        self.show(self._models)

    def columns_wanted(self) -> Sequence[Column[LocalModel]]:
        """What it costs, and what is won by it."""
        return (
            Column("name", N_("Model"), lambda model: one_line(model.name),
                   is_left_aligned=True),
            Column("size", N_("Size"), lambda model: bytes_text(model.size_bytes)),
            Column("bits", N_("Bits"), _bits),
            Column("loss", N_("KL"), self._loss),
            Column("perplexity", N_("Perplexity"), self._perplexity),
            Column("speed", N_("Tokens/s"), _speed),
            Column("weights", N_("Weights"),
                   lambda model: one_line(model.quantization) or "–",
                   is_left_aligned=True),
        )  # fmt: skip

    def key_of(self, row: LocalModel) -> Hashable:
        """Its name."""
        return row.name

    def parts_of(
        self, column: Column[LocalModel], row: LocalModel, cells: int
    ) -> Parts:
        """The source is named so."""
        text = column.text(row)
        if column.name != "name":
            return ((text, PLAIN),)
        word = "  " + _("source") if row is self._source else ""
        room = cells - 2 - len(word) * 2
        return ("  ", PLAIN), *name_parts(text, room, PLAIN), (word, MUTED)

    def _perplexity(self, model: LocalModel) -> str:
        value = perplexity_of(model, self._models)
        return "–" if value is None else f"{value:.3f}"

    def _loss(self, model: LocalModel) -> str:
        quality = model.provenance.quality if model.provenance else None
        if quality is None or quality.mean_kl_divergence is None:
            return "–"
        return f"{quality.mean_kl_divergence:.4f}"


def _bits(model: LocalModel) -> str:
    return "–" if model.bits_per_weight is None else f"{model.bits_per_weight:.2f}"


def _speed(model: LocalModel) -> str:
    quality = model.provenance.quality if model.provenance else None
    speed = quality.generation_tokens_per_second if quality else None
    return "–" if speed is None else rate_text(speed)
