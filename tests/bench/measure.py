"""What is measured: ours, the peer's, their ratio, the spread."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MARKS = {None: "", True: "  pass", False: "  FALLS SHORT"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """Medians over the rounds of one run."""

    name: str
    ours: float
    peer: float
    ratio: float
    ratio_low: float
    ratio_high: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def passed(self) -> bool | None:
        """Whether the ratio reaches its mark; None where there is none."""
        if self.at_least is not None:
            return self.ratio >= self.at_least
        if self.at_most is not None:
            return self.ratio <= self.at_most
        return None

    @classmethod
    def of_ratios(
        cls,
        name: str,
        ratios: Sequence[float],
        *,
        ours: float,
        peer: float,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> "Measurement":
        """A measurement from the ratios of its rounds."""
        return cls(
            name=name,
            ours=ours,
            peer=peer,
            ratio=statistics.median(ratios),
            ratio_low=min(ratios),
            ratio_high=max(ratios),
            at_least=at_least,
            at_most=at_most,
        )

    def __str__(self) -> str:
        limit = ""
        if self.at_least is not None:
            limit = f", at least {self.at_least:g}"
        if self.at_most is not None:
            limit = f", at most {self.at_most:g}"
        return (
            f"{self.name}\n    ours {self.ours:.4g}, peer {self.peer:.4g}, ratio"
            f" {self.ratio:.3f} ({self.ratio_low:.3f} – {self.ratio_high:.3f}{limit})"
            f"{_MARKS[self.passed]}"
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians over the rounds of one run, where the mark is ours alone to reach."""

    name: str
    unit: str
    ours: float
    ours_low: float
    ours_high: float
    peer: float
    peer_low: float
    peer_high: float
    under: float | None = None
    """Where our median must stay, in the unit."""

    @property
    def passed(self) -> bool | None:
        """Whether ours reaches its mark; None where there is none."""
        return None if self.under is None else self.ours < self.under

    @classmethod
    def of_rounds(
        cls,
        name: str,
        unit: str,
        *,
        ours: Sequence[float],
        peer: Sequence[float],
        under: float | None = None,
    ) -> "Figure":
        """A figure from what each round measured."""
        return cls(
            name=name,
            unit=unit,
            ours=statistics.median(ours),
            ours_low=min(ours),
            ours_high=max(ours),
            peer=statistics.median(peer),
            peer_low=min(peer),
            peer_high=max(peer),
            under=under,
        )

    def __str__(self) -> str:
        limit = "" if self.under is None else f", under {self.under:g} {self.unit}"
        ratio = f", ratio {self.ours / self.peer:.3f}" if self.peer else ""
        return (
            f"{self.name}\n    ours {self.ours:.4g} {self.unit} ({self.ours_low:.4g}"
            f" – {self.ours_high:.4g}{limit}), peer {self.peer:.4g} {self.unit}"
            f" ({self.peer_low:.4g} – {self.peer_high:.4g}){ratio}{_MARKS[self.passed]}"
        )


def paired(
    name: str,
    ours: Callable[[], float],
    peer: Callable[[], float],
    *,
    rounds: int,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Measurement:
    """Run both in turn, so that a machine whose speed drifts is fair to both; the
    first round warms up and does not count."""
    pairs = [(ours(), peer()) for _round in range(rounds + 1)][1:]
    return Measurement.of_ratios(
        name,
        [mine / other for mine, other in pairs],
        ours=statistics.median(mine for mine, _other in pairs),
        peer=statistics.median(other for _mine, other in pairs),
        at_least=at_least,
        at_most=at_most,
    )
