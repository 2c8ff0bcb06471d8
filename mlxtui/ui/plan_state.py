"""What is known of a plan that is shown, and what follows from it."""

from dataclasses import dataclass

from mlxtui.gguf_words import is_imported, lacks_file
from mlxtui.plans import JobSpec, Plan

_WRITING = ("import", "convert", "quantize")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """What is wanted, and the answer to it."""

    spec: JobSpec
    plan: Plan | None = None
    """None until it is there; the last one where another one cannot be had."""
    message: str = ""
    """Why it cannot be done; empty when it can."""
    hint: str = ""

    @property
    def can_start(self) -> bool:
        """Whether nothing speaks against it."""
        return self.plan is not None and not self.message

    @property
    def is_imported(self) -> bool:
        """Whether the model is here already, so that it can be used at once."""
        return self.can_start and self.plan is not None and is_imported(self.plan)

    @property
    def asks(self) -> bool:
        """Whether something must be answered with yes first."""
        has_question = self.plan is not None and bool(self.plan.question)
        return self.can_start and has_question and not self.spec.allow_code

    @property
    def has_name(self) -> bool:
        """Whether something is written whose name can be chosen; another name may be
        all that a GGUF file needs."""
        if self.plan is None or self.is_imported:
            return False
        if not self.can_start:
            contents = self.plan.contents
            return contents.kind == "gguf" and not contents.problem
        return any(step.stage in _WRITING for step in self.plan.steps)

    @property
    def lacks_file(self) -> bool:
        """Whether the source has several GGUF models, of which none was named."""
        return self.plan is not None and lacks_file(self.plan)
