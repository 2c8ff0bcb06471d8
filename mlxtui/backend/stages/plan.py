"""Finding out what a job has to do, before it does anything."""

from mlxtui.backend.job_record import MAKING_STAGES
from mlxtui.backend.workplace import Workplace
from mlxtui.errors import JobRefused


def plan(place: Workplace) -> None:
    """Make the plan, and note in the record what the stages go by.

    Raises:
        JobRefused: It cannot be done.
        HubError: The hub does not say what is there.
    """
    from mlxtui.backend import planning

    job, settings = place.job, place.settings
    made = place.beside(lambda: planning.make_plan(job.record.spec, settings))
    if made.problem or made.question:
        raise JobRefused(made.problem or made.question, made.hint)
    stages = tuple(step.stage for step in made.steps)
    makes = any(stage in MAKING_STAGES for stage in stages)
    revision = "main"
    if made.address is not None:
        source_name, revision = made.address.repo_id, made.address.revision
    else:
        source_name = made.source_name
    job.change(
        title=made.result_name or job.record.title,
        stages=stages,
        finished_stages=(),
        source_name=source_name,
        revision=revision,
        commit=made.commit,
        files=made.files if "download" in stages else (),
        # What was imported before is the result as it is.
        source_path=made.path if makes else made.result_path or made.path,
        gguf_file=made.contents.weight_files[0] if "import" in stages else "",
        target_path=made.result_path if makes else None,
        result_name=made.result_name,
    )
