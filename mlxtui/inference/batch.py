"""All requests of one model, stepped together on mlx-lm's BatchGenerator."""

from collections.abc import Sequence

import mlx.core as mx
from mlx_lm.generate import BatchGenerator, GenerationBatch, StopSequences
from mlx_lm.models.cache import can_trim_prompt_cache, make_prompt_cache

from mlxtui.inference.model import Model
from mlxtui.inference.prompt import Prompt
from mlxtui.inference.prompt_cache import LayerCaches, PromptCache
from mlxtui.inference.reader import Reader
from mlxtui.inference.row import Reply, Row
from mlxtui.inference.sampler import make_processors, make_sampler
from mlxtui.sampling import SamplingParams

# Where neither the request nor the model's authors say anything.
_DEFAULTS = {"temperature": 0.7}

# Prompt tokens between two looks at the cancel flags, over all rows: a step of a chat
# model stays under a second, and others' answers do not stall. Half while rows decode.
_CHUNK_TOKENS = 512
_CHUNK_TOKENS_DECODING = 256

# BatchGenerator's own defaults.
_MAX_ROWS = 32
_MAX_PREFILL_ROWS = 8


class Batch:
    """A model and the requests that it answers at once. Engine thread only."""

    def __init__(self, model: Model, cache_bytes: int) -> None:
        self.model = model
        self._cache = PromptCache(cache_bytes)
        self._stop = StopSequences([(token,) for token in model.stop_token_ids])
        # A cache that forgets (sliding windows, recurrent states) cannot be cut back to
        # a common beginning: it is also kept at the end of the question.
        self._keeps_checkpoints = not can_trim_prompt_cache(
            make_prompt_cache(model.network)
        ) or any(
            hasattr(layer, "max_size") for layer in make_prompt_cache(model.network)
        )
        self._rows: dict[int, Row] = {}
        self._generator = self._new_generator()

    @property
    def rows(self) -> int:
        """Requests in work."""
        return len(self._rows)

    def new_row(
        self,
        prompt: Prompt,
        params: SamplingParams,
        reply: Reply,
        *,
        arrived_seconds: float,
        raw: bool = False,
    ) -> Row:
        """A request for `admit`.

        Raises:
            InvalidParameter: A parameter does not fit this model.
        """
        params = params.with_defaults(self.model.defaults).with_defaults(_DEFAULTS)
        make_processors(params, self.model.vocabulary_size)  # refuses here, not later
        left = self.model.context_tokens - len(prompt.tokens)
        reader = Reader(
            self.model.tokenizer,
            self.model.markers,
            prompt.tokens,
            stop=params.stop,
            raw=raw,
            in_reasoning=prompt.in_reasoning,
        )
        return Row(
            prompt=prompt,
            params=params,
            max_tokens=min(params.max_tokens or left, left),
            reader=reader,
            reply=reply,
            arrived_seconds=arrived_seconds,
        )

    def admit(self, row: Row) -> None:
        """Add a request, new or interrupted, to the batch."""
        tokens = row.tokens()
        caches, cached = self._cache.fetch(tokens)
        vocabulary_size = self.model.vocabulary_size
        made = len(row.generated)
        (row.uid,) = self._generator.insert_segments(
            [self._segments(row.prompt, tokens, cached)],
            max_tokens=[row.max_tokens - made],
            caches=[caches or make_prompt_cache(self.model.network)],
            all_tokens=[tokens[:cached]],
            samplers=[make_sampler(row.params, vocabulary_size, tokens_made=made)],
            logits_processors=[list(make_processors(row.params, vocabulary_size))],
            stop_sequences=[self._stop],
        )
        if row.cached_tokens is None:
            row.cached_tokens = cached
        row.inserted_tokens = cached
        row.decoding = False
        self._rows[row.uid] = row

    def step(self) -> None:
        """Read one prompt chunk and make one token for each answer."""
        self.drop_cancelled()
        if not self._rows:
            return
        decoding = any(row.decoding for row in self._rows.values())
        waiting = sum(not row.decoding for row in self._rows.values())
        rows = 1 if decoding else min(max(waiting, 1), _MAX_PREFILL_ROWS)
        chunk = _CHUNK_TOKENS_DECODING if decoding else _CHUNK_TOKENS
        self._generator.prefill_batch_size = rows
        self._generator.prefill_step_size = chunk // rows
        prompts, answers = self._generator.next()
        for progress in prompts:
            row = self._rows[progress.uid]
            row.decoding = progress.end_of_prompt
            if not row.generated:
                row.reply.prefill(
                    row.inserted_tokens + progress.progress[0], len(row.prompt.tokens)
                )
            if progress.end_of_segment and not progress.end_of_prompt:
                self._checkpoint(row)
        for answer in answers:
            self._take(answer)

    def drop_cancelled(self) -> None:
        """End the requests whose readers want no more; what was read is kept."""
        for row in [row for row in self._rows.values() if row.reply.cancelled]:
            self._remove(row)
            row.finish("cancelled")

    def take_rows(self) -> list[Row]:
        """Take all requests out after an error, oldest first; the batch is new."""
        rows = sorted(self._rows.values(), key=lambda row: row.arrived_seconds)
        self._rows = {}
        self._generator = self._new_generator()
        return rows

    def probe(self, row: Row) -> None:
        """Run a request alone up to its next token, which is thrown away.

        After a failed step this tells whose fault it was: it raises for that request.
        """
        self.admit(row)
        try:
            while not self._generator.next()[1]:
                if row.reply.cancelled:
                    break
        finally:
            self._rows = {}
            self._generator = self._new_generator()

    def _new_generator(self) -> BatchGenerator:
        return BatchGenerator(
            self.model.network,
            completion_batch_size=_MAX_ROWS,
            prefill_batch_size=_MAX_PREFILL_ROWS,
            prefill_step_size=_CHUNK_TOKENS,
        )

    def _segments(
        self, prompt: Prompt, tokens: list[int], cached: int
    ) -> list[list[int]]:
        """The tokens to read; BatchGenerator pauses where a checkpoint is taken."""
        cut = prompt.stable_tokens
        if self._keeps_checkpoints and cached < cut < len(tokens):
            return [tokens[cached:cut], tokens[cut:]]
        return [tokens[cached:]]

    def _take(self, answer: GenerationBatch.Response) -> None:
        row = self._rows[answer.uid]
        row.take(answer.token)
        if answer.finish_reason != "stop":
            row.show(list(row.reader.add(answer.token)))
        if row.reader.stopped:
            if answer.finish_reason is None:
                self._remove(row)
            else:
                self._keep(row, answer.all_tokens, answer.prompt_cache)
            row.finish("stop")
        elif answer.finish_reason is not None:
            self._keep(row, answer.all_tokens, answer.prompt_cache)
            row.finish("stop" if answer.finish_reason == "stop" else "length")

    def _keep(self, row: Row, tokens: Sequence[int], caches: LayerCaches) -> None:
        del self._rows[row.uid]
        with mx.stream(self._generator.stream):
            self._cache.store(tokens, caches)

    def _remove(self, row: Row) -> None:
        """Take a request out before its end and keep what it has read."""
        with mx.stream(self._generator.stream):
            found = self._generator.remove([row.uid], return_prompt_caches=True)
        caches, tokens = found[row.uid]
        self._keep(row, tokens, caches)

    def _checkpoint(self, row: Row) -> None:
        with mx.stream(self._generator.stream):
            caches, tokens = self._generator.extract_cache([row.uid])[row.uid]
            self._cache.store(list(tokens), caches)
