"""Perplexity of a model, and how far a quantization is from its source."""

import logging
import tempfile
from dataclasses import dataclass
from math import exp, isfinite
from pathlib import Path

import mlx.core as mx

from mlxtui.errors import JobRefused, ModelTooLarge
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.inference import memory, runtime
from mlxtui.inference.quality import reference_cache
from mlxtui.inference.quality.loading import (
    arrays,
    open_network,
    read_weights,
    weight_bytes,
)
from mlxtui.inference.quality.progress import Progress, in_thread
from mlxtui.inference.quality.reading import Losses, read_windows
from mlxtui.inference.quality.reference import (
    Rows,
    append,
    distributions_of,
    open_rows,
    rows_of,
)
from mlxtui.inference.quality.speed import SPEED_TOKENS, generation_speed
from mlxtui.inference.quality.top_logits import divergence, taken_at, top_of
from mlxtui.inference.quality.windows import Windows, position_count, text_windows
from mlxtui.inference.step import Work
from mlxtui.plans import Quality

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Sums:
    """Over the positions read so far, in nats."""

    loss: float = 0.0
    divergence: float = 0.0
    count: int = 0


def measure(
    result: Path, source: Path | None, scratch: Path, *, limit_bytes: int = 0
) -> Work[Quality]:
    """Measure what a quantization costs, on the texts that come with mlxtui.

    Perplexity is e to the mean loss over all positions of the texts. The divergence is
    KL(source ‖ result) of the next-token distributions, in float32, over the source's
    128 most likely tokens and the others as one, which bounds it from below
    (`top_logits.divergence`). Both models compute as they do in a conversation: on
    MLX's CPU build, whose 16-bit quantized products are imprecise, the figures carry
    that.

    Source and result take turns in memory. What the source expects is kept in the
    cache folder, so that its next quantization is measured without it.

    Args:
        result: Folder of the quantized model.
        source: Folder of what it was made from; None where it is known not to fit.
        scratch: Folder for a few megabytes while it runs.
        limit_bytes: The user's limit for all models in memory; 0 is none.

    Raises:
        JobRefused: Source and result read texts differently, or the result computes
            numbers that are none.
        DiskFull: There is no room in the scratch folder.
        ModelRefused: A folder cannot be loaded, or the result does not fit.
    """
    progress = Progress(stage="measure", unit="tokens")
    progress.note = _("Reading the texts.")
    windows = yield from in_thread(lambda: text_windows(result), progress)
    progress.total = position_count(windows) + SPEED_TOKENS
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="measure-", dir=scratch) as folder:
        try:
            rows = None
            if source is not None:
                rows_file = Path(folder) / "source.logits"
                rows = yield from _expected(
                    source, windows, rows_file, progress, limit_bytes
                )
                runtime.free_unused()
            return (yield from _measured(result, windows, rows, progress, limit_bytes))
        finally:
            runtime.free_unused()


def _expected(
    source: Path,
    windows: Windows,
    rows_file: Path,
    progress: Progress,
    limit_bytes: int,
) -> Work[Rows | None]:
    """What the source expects at each position; None where it does not fit."""
    others = yield from in_thread(lambda: text_windows(source), progress)
    if others != windows:
        raise JobRefused(
            _("The source and the result split texts differently."),
            hint=_("Measure a model against what it was made from."),
        )
    key = reference_cache.key_of(source, windows)
    if (kept := reference_cache.find(key, windows)) is not None:
        return kept
    try:
        memory.check_fit(source.name, weight_bytes(source), limit_bytes=limit_bytes)
    except ModelTooLarge:
        progress.note = _("Not measured: the source does not fit.")
        yield progress.step()
        return None
    progress.total += position_count(windows)
    progress.note = _("Loading the source.")
    network = open_network(source)
    yield progress.step()
    yield from read_weights(source, arrays(network), progress)

    def take(expected: mx.array, losses: Losses) -> None:
        append(rows_file, rows_of(top_of(expected), losses))

    progress.note = _("The source reads the texts.")
    try:
        yield from read_windows(network, windows, take, progress)
    except RuntimeError as error:
        # MLX's CPU build has no 16-bit products for experts that are not packed.
        _log.warning("%s: %s", source, error)
        progress.note = _("Not measured: this machine cannot compute the source.")
        yield progress.step()
        return None
    reference_cache.keep(key, rows_file)
    return open_rows(rows_file, position_count(windows))


def _measured(
    result: Path,
    windows: Windows,
    rows: Rows | None,
    progress: Progress,
    limit_bytes: int,
) -> Work[Quality]:
    """The figures of the result, and of the source by what it expected."""
    memory.check_fit(result.name, weight_bytes(result), limit_bytes=limit_bytes)
    progress.note = _("Loading the result.")
    network = open_network(result)
    yield progress.step()
    yield from read_weights(result, arrays(network), progress)
    sums = _Sums()

    def take(expected: mx.array, losses: Losses) -> None:
        if rows is not None:
            at = rows[sums.count : sums.count + len(losses)]
            source = distributions_of(at)
            found = taken_at(expected, mx.array(source.ids))
            sums.divergence += float(divergence(source, found).sum())
        sums.loss += float(losses.sum(dtype="float64"))
        sums.count += len(losses)

    progress.note = _("The result reads the texts.")
    try:
        yield from read_windows(network, windows, take, progress)
        progress.note = _("Measuring the result's speed.")
        speed = yield from generation_speed(network, windows[0], progress)
    except RuntimeError as error:
        raise JobRefused(
            _("This machine cannot compute {name}: {reason}").format(
                name=result.name, reason=one_line(str(error))
            )
        ) from error
    if not (isfinite(sums.loss) and isfinite(sums.divergence)):
        raise JobRefused(
            _("{name} computes infinities or NaN.").format(name=result.name),
            hint=_("Choose more bits, or bfloat16 instead of float16."),
        )
    return Quality(
        perplexity=_perplexity(sums.loss, sums.count),
        source_perplexity=(
            None
            if rows is None
            else _perplexity(float(rows["loss"].sum(dtype="float64")), sums.count)
        ),
        mean_kl_divergence=(
            None if rows is None else max(sums.divergence / sums.count, 0.0)
        ),
        generation_tokens_per_second=speed,
    )


def _perplexity(loss: float, count: int) -> float:
    # Beyond e to 700 a float has no number, and JSON none for infinity.
    return exp(min(loss / count, 700.0))
