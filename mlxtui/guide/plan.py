"""How the guide is trained."""

from dataclasses import dataclass, field

from mlxtui.guide.learner import LossPlan


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        steps: Steps of the optimizer.
        first_sense_steps: Steps of `teach_first_sense`.
        tokens: Tokens of one step and process.
        extra_processes: Processes besides this one.
        short_share: Share of the steps, the first ones, with short conversations.
        short_length: Tokens of a short conversation: one or two questions.
        lengths: Tokens of a conversation in the later steps, in turn.
        learning_rate: The highest of AdamW, after the warm-up.
        embedding_rate: The same for the embedding.
        matrix_rate: The highest of Muon, which trains the matrices of the layers.
        weight_decay: Of AdamW, per learning rate.
        loss: What the loss consists of.
    """

    steps: int
    first_sense_steps: int = 0
    tokens: int = 1536
    extra_processes: int = 0
    short_share: float = 0.4
    short_length: int = 64
    lengths: tuple[int, ...] = (192, 64, 192, 768)
    learning_rate: float = 3e-3
    # Lower: at 3e-3 it could move 30 times its own size, away from the first sense.
    embedding_rate: float = 1e-3
    matrix_rate: float = 0.02
    weight_decay: float = 0.1
    loss: LossPlan = field(default_factory=LossPlan)
