"""Making a new model folder: converted, quantized, or both at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlxtui.backend.job_record import now
from mlxtui.backend.provenance import read_provenance
from mlxtui.backend.stages.result import is_in_place, put_in_place
from mlxtui.backend.workplace import Workplace
from mlxtui.errors import JobRefused
from mlxtui.i18n import _
from mlxtui.inference.step import Work
from mlxtui.plans import GgufOrigin, Provenance

if TYPE_CHECKING:
    from mlxtui.inference.fitting.choosing import Choice
    from mlxtui.inference.making.made import Made


def make(place: Workplace) -> dict[str, Any]:
    """Write the result beside its place, note where it came from, and put it there.

    Whatever instruction a kill comes at, the result's folder is whole or not there.

    Raises:
        JobInterrupted: The job shall not go on; it goes on after the last weight file
            that is complete.
        JobRefused: The name was taken meanwhile.
    """
    job = place.job
    record, recipe = job.record, job.record.spec.recipe
    source, staging = record.weights_path, record.staging_path
    assert source is not None and staging is not None
    if is_in_place(record):
        return {}
    choice = _choose(place, source) if recipe.fit_context_tokens else None
    origin = _origin(source)

    def begin() -> "Work[Made]":
        from mlxtui.inference.making.work import make_model

        layers = choice.layers if choice is not None else None
        # Which layers are packed in a GGUF file says nothing of what is wanted.
        packs_all_anew = origin is not None
        return make_model(
            source, staging, recipe, layers=layers, packs_all_anew=packs_all_anew
        )

    made = place.in_engine(begin)
    job.check()
    provenance = Provenance(
        source=record.source_name,
        commit=record.commit,
        recipe=recipe,
        made_at=now().isoformat(),
        kept_in_float=made.kept_in_float,
        reason=choice.reason if choice is not None else "",
        gguf=origin,
    )
    put_in_place(job, provenance)
    return {}


def _choose(place: Workplace, source: Path) -> "Choice":
    """Bits for each layer, so that the model and its context fit into this machine.

    Raises:
        JobRefused: The model is quantized and fits as it is: a choice would unpack it.
    """
    from mlxtui.backend.plan_memory import weight_budget
    from mlxtui.convert.contents import look_at
    from mlxtui.convert.source import LocalSource

    job = place.job
    recipe = job.record.spec.recipe
    contents = place.beside(lambda: look_at(LocalSource(source)))
    budget_bytes = weight_budget(contents, recipe.fit_context_tokens, place.settings)
    if contents.is_packed and contents.size_bytes <= budget_bytes:
        raise JobRefused(
            _("{name} fits already, with a context of {tokens} tokens.").format(
                name=job.record.source_name, tokens=recipe.fit_context_tokens
            ),
            hint=_("Use it as it is."),
        )

    def begin() -> "Work[Choice]":
        from mlxtui.inference.fitting.choosing import choose_layers

        return choose_layers(
            source, budget_bytes=budget_bytes, float_type=recipe.float_type
        )

    choice = place.in_engine(begin)
    job.log(choice.reason)
    return choice


def _origin(source: Path) -> GgufOrigin | None:
    """The GGUF file that the source was imported from, if it was."""
    provenance = read_provenance(source)
    return provenance.gguf if provenance is not None else None
