"""How often listeners were right: shares with intervals, for each model, by listener and together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from export.judging.report import BACH, continuing, harmonising
from export.turing.results import SURENESS, ListenerResult, Reply
from export.turing.trials import BY_BACH, CONTINUATIONS, PARTS

CHANCE = 0.5
DEVIATIONS = 1.959964  # of a normal distribution, between which 95 % of it lie
TOGETHER = "all listeners"


@dataclass(frozen=True)
class RightShare:
    """How many of some answers are right, or of a kind."""

    what: str
    right: int
    answers: int

    @property
    def interval(self) -> tuple[float, float]:
        """Between which 95 % of such intervals hold the true share (Wilson, 1927); all of 0..1 without answers."""
        return wilson(self.right, self.answers)

    @property
    def beside_chance(self) -> str:
        """Whether guessing would do as well."""
        low, high = self.interval
        if low > CHANCE:
            return "above chance"
        return "below chance" if high < CHANCE else "not told from chance"

    @property
    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        low, high = self.interval
        share = self.right / self.answers if self.answers else None
        return {"right": self.right, "answers": self.answers, "share": share, "low": low, "high": high}


@dataclass(frozen=True)
class BlindVerdict:
    """All that is said of a test; what listeners knew is counted by itself and nowhere else."""

    listeners: Mapping[str, tuple[RightShare, ...]]  # by what each is called; each model's parts
    together: tuple[RightShare, ...]  # the same of all, and all of it
    aside: tuple[RightShare, ...]  # by place in the test and by sureness, and of known pieces
    taken: tuple[RightShare, ...]  # single excerpts said to be Bach's: his, then each model's


def wilson(right: int, answers: int) -> tuple[float, float]:
    """The score interval of a share, at 95 %: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212."""
    if not answers:
        return 0.0, 1.0
    share, square = right / answers, DEVIATIONS**2 / answers
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def verdict_on(results: Sequence[ListenerResult]) -> BlindVerdict:
    """Score what listeners have said."""
    everything = [reply for result in results for reply in result.replies]
    scored = _scored(everything)
    return BlindVerdict(
        {_called(number, one): tuple(_by_model(_scored(one.replies))) for number, one in enumerate(results, start=1)},
        (*_by_model(scored), _share("everything", scored)),
        tuple(_aside(results, everything)),
        tuple(_taken(scored)),
    )


def _called(number: int, result: ListenerResult) -> str:
    """By its number too: two may have one name."""
    trained = "" if result.years is None else f", {result.years} years of training"
    return f"{number}. {result.name or 'no name'}{trained}"


def _scored(replies: Sequence[Reply]) -> list[Reply]:
    return [reply for reply in replies if not reply.known]


def _by_model(replies: Sequence[Reply]) -> Iterator[RightShare]:
    """Each model's parts, in order of names; of continuations half of the answers are about Bach's counterparts."""
    for model in sorted({reply.question.model for reply in replies}):
        for part, named in zip(PARTS, (continuing, harmonising), strict=True):
            yield _share(
                named(model), (one for one in replies if (one.question.model, one.question.part) == (model, part))
            )


def _aside(results: Sequence[ListenerResult], everything: Sequence[Reply]) -> Iterator[RightShare]:
    first = {id(reply) for result in results for reply in _first_halves(result)}
    scored = _scored(everything)
    yield _share("first half of each part", (reply for reply in scored if id(reply) in first))
    yield _share("second half of each part", (reply for reply in scored if id(reply) not in first))
    for sure, called in enumerate(SURENESS, start=1):
        yield _share(called, (reply for reply in scored if reply.sure == sure))
    yield _share("known pieces (counted here alone)", (reply for reply in everything if reply.known))


def _first_halves(result: ListenerResult) -> Iterator[Reply]:
    for part in PARTS:
        heard = [reply for reply in result.replies if reply.question.part == part]
        yield from heard[: -(-len(heard) // 2)]


def _taken(scored: Sequence[Reply]) -> Iterator[RightShare]:
    """How often single excerpts were said to be Bach's."""
    single = [reply for reply in scored if reply.question.part == CONTINUATIONS]
    yield _share(BACH, (reply for reply in single if reply.question.right == BY_BACH), _is_taken_for_bach)
    for model in sorted({reply.question.model for reply in single}):
        of_model = (one for one in single if one.question.model == model and one.question.right != BY_BACH)
        yield _share(continuing(model), of_model, _is_taken_for_bach)


def _is_right(reply: Reply) -> bool:
    return reply.right


def _is_taken_for_bach(reply: Reply) -> bool:
    return reply.said == BY_BACH


def _share(what: str, replies: Iterable[Reply], counts: Callable[[Reply], bool] = _is_right) -> RightShare:
    counted = [counts(reply) for reply in replies]
    return RightShare(what, sum(counted), len(counted))


def describe_verdict(verdict: BlindVerdict) -> list[str]:
    """Tables in Markdown."""
    groups = {**verdict.listeners, TOGETHER: verdict.together}
    rows = [(called, share.what, _shown(share), share.beside_chance) for called, of in groups.items() for share in of]
    return [
        *_table(("listener", "told from Bach", "right (95 %)", f"guessing is {CHANCE:.0%}"), rows),
        "",
        *_table((TOGETHER, "right (95 %)"), [(share.what, _shown(share)) for share in verdict.aside]),
        "",
        *_table(("by itself", "said to be Bach's (95 %)"), [(share.what, _shown(share)) for share in verdict.taken]),
    ]


def _shown(share: RightShare) -> str:
    if not share.answers:
        return "–"
    low, high = share.interval
    return f"{share.right} of {share.answers}: {share.right / share.answers:.0%} ({100 * low:.0f}…{100 * high:.0f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    shown = (head, ["---"] * len(head), *([cell.replace("|", "¦") for cell in row] for row in rows))
    return [f"| {' | '.join(cells)} |" for cells in shown]


def as_json_object(verdict: BlindVerdict) -> dict[str, Any]:
    """The object that ``chorale-train turing --read … --json`` prints: shares, not percent."""

    def of(shares: Iterable[RightShare]) -> dict[str, Any]:
        return {share.what: share.as_dict for share in shares}

    return {
        "listeners": {called: of(shares) for called, shares in verdict.listeners.items()},
        "together": of(verdict.together),
        "aside": of(verdict.aside),
        "said_to_be_bachs": of(verdict.taken),
    }
