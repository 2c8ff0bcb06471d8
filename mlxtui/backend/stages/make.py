"""Making a new model folder: converted, quantized, or both at once."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlxtui import paths
from mlxtui.backend.job_record import JobRecord, now
from mlxtui.backend.provenance import read_provenance, write_provenance
from mlxtui.backend.workplace import Workplace
from mlxtui.errors import JobRefused
from mlxtui.i18n import _
from mlxtui.inference.step import Work
from mlxtui.plans import Provenance

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
    source, target = record.source_path, record.target_path
    staging = record.staging_path
    assert source is not None and target is not None and staging is not None
    if target.exists():
        if _is_from(record, target):
            return {}  # the program ended between its last step and this note
        raise _taken(record)
    paths.make_private(target.parent)
    shutil.rmtree(staging, ignore_errors=True)  # whole, but not put into its place
    choice = _choose(place, source) if recipe.fit_context_tokens else None

    def begin() -> "Work[Made]":
        from mlxtui.inference.making.work import make_model

        layers = choice.layers if choice is not None else None
        return make_model(source, staging, recipe, layers=layers)

    made = place.in_engine(begin)
    job.check()
    provenance = Provenance(
        source=record.source_name,
        commit=record.commit,
        recipe=recipe,
        made_at=now().isoformat(),
        kept_in_float=made.kept_in_float,
        reason=choice.reason if choice is not None else "",
    )
    write_provenance(staging, provenance)
    try:
        os.rename(staging, target)
    except OSError as error:
        if target.exists():
            raise _taken(record) from error
        raise
    job.log(_("Made: {path}").format(path=target))
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


def _is_from(record: JobRecord, folder: Path) -> bool:
    """Whether a folder is what the job would make."""
    found = read_provenance(folder)
    return (
        found is not None
        and found.source == record.source_name
        and found.recipe == record.spec.recipe
    )


def _taken(record: JobRecord) -> JobRefused:
    return JobRefused(
        _("There is a model {name} already.").format(name=record.result_name),
        hint=_("Choose another name, or remove that model first."),
    )
