"""The built-in model on questions that it was never trained on, through the engine.

A question counts when the answer is the right topic's, word for word.
"""

import queue

from mlxtui import paths
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import Generate, LoadModel
from mlxtui.backend.events import Failed, GenerationFinished, ModelLoaded, TextDelta
from mlxtui.backend.job_events import Event
from mlxtui.guide.questions import LANGUAGES, Language, load_topics
from mlxtui.settings import Settings
from mlxtui.types import Message, RequestId
from tests.bench.measure import Measurement

_AT_LEAST = 0.8


def run() -> list[Measurement]:
    """The share of right answers: in all, and in each language."""
    asked = [
        (language, question, topic.wordings[language].answer)
        for topic in load_topics()
        for language in LANGUAGES
        for question in topic.wordings[language].held_out
    ]
    answers = _answers([question for _language, question, _answer in asked])
    right: dict[Language, list[bool]] = {language: [] for language in LANGUAGES}
    for (language, _question, wanted), answer in zip(asked, answers, strict=True):
        right[language].append(answer == wanted)
    both = [one for ones in right.values() for one in ones]
    return [
        _share("guide: held-out questions answered word for word", both, _AT_LEAST),
        *(_share(f"guide: of these, {name}", ones) for name, ones in right.items()),
    ]


def _share(name: str, right: list[bool], at_least: float | None = None) -> Measurement:
    share = sum(right) / len(right)
    return Measurement.of_ratios(
        name, [share], ours=sum(right), peer=len(right), at_least=at_least
    )


def _answers(questions: list[str]) -> list[str]:
    """The guide's answers, asked as the app asks: each in a chat of its own."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    backend = Backend(events.put, Settings())
    path = paths.guide_model_dir()
    try:
        backend.submit(LoadModel(request_id=new_request_id(), path=path, name="guide"))
        while not isinstance(events.get(), ModelLoaded):
            pass
        ids = [new_request_id() for _question in questions]
        texts: dict[RequestId, str] = {request_id: "" for request_id in ids}
        for request_id, question in zip(ids, questions, strict=True):
            backend.submit(
                Generate(
                    request_id=request_id,
                    path=path,
                    messages=(Message("user", question),),
                )
            )
        left = len(ids)
        while left:
            event = events.get()
            assert not isinstance(event, Failed), event
            if isinstance(event, TextDelta):
                texts[event.request_id] += event.text
            left -= isinstance(event, GenerationFinished)
        return list(texts.values())
    finally:
        backend.close()
