"""How often listeners were right: shares with intervals, for each model, by listener and together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from export.judging.report import BACH, continuing, harmonising
from export.turing.results import SURENESS, ListenerResult, Reply
from export.turing.trials import BY_BACH, CONTINUATIONS, PARTS

CHANCE = 0.5
DEVIATIONS = 1.959964  # of a normal distribution, between which 95 % of it lie
TOGETHER = "all listeners"
NO_SHARE = "–"


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
        if not self.answers:
            return NO_SHARE
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
    left_out: int  # answers about known pieces, or without their counterparts


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
    counted = [_counted(result) for result in results]
    together = [reply for replies in counted for reply in replies]
    unknown = [reply for result in results for reply in result.replies if not reply.known]
    return BlindVerdict(
        dict(zip(_called(results), (tuple(_by_model(replies)) for replies in counted), strict=True)),
        (*_by_model(together), _share("everything", together)),
        tuple(_aside(results, counted)),
        tuple(_taken(unknown)),
        sum(len(result.replies) for result in results) - len(together),
    )


def _counted(result: ListenerResult) -> list[Reply]:
    """Replies about pieces not known; of a continuation and its counterpart both or none.

    So half of what is counted is Bach's, and who always says the same is half right whatever is left out.
    """
    unknown = [reply for reply in result.replies if not reply.known]
    of_place = Counter(_place(reply) for reply in unknown)
    return [reply for reply in unknown if reply.question.part != CONTINUATIONS or of_place[_place(reply)] == 2]


def _place(reply: Reply) -> tuple[str, str, str, int]:
    """What a continuation and its counterpart have in common."""
    question = reply.question
    return question.part, question.model, question.piece, question.step


def _called(results: Sequence[ListenerResult]) -> Iterator[str]:
    """By their numbers too: two may have one name."""
    for number, result in enumerate(results, start=1):
        trained = "" if result.years is None else f", {result.years} years of training"
        yield f"{number}. {result.name or 'no name'}{trained}"


def _by_model(replies: Sequence[Reply]) -> Iterator[RightShare]:
    """Each model's parts, in order of names; of continuations half of the answers are about Bach's counterparts."""
    for model in sorted({reply.question.model for reply in replies}):
        for part, named in zip(PARTS, (continuing, harmonising), strict=True):
            of_part = [reply for reply in replies if reply.question.part == part]
            yield _share(named(model), (reply for reply in of_part if reply.question.model == model))


def _aside(results: Sequence[ListenerResult], counted: Sequence[Sequence[Reply]]) -> Iterator[RightShare]:
    """By what may sway listeners: what they have heard before, how sure they are, what they know."""
    first, second = _halves(results, counted)
    yield _share("first half of each part", first)
    yield _share("second half of each part", second)
    for sure, called in enumerate(SURENESS, start=1):
        yield _share(called, (reply for reply in first + second if reply.sure == sure))
    known = (reply for result in results for reply in result.replies if reply.known)
    yield _share("known pieces, counted here alone", known)


def _halves(results: Sequence[ListenerResult], counted: Sequence[Sequence[Reply]]) -> tuple[list[Reply], list[Reply]]:
    """What is counted of the first and of the second half of each listener's parts."""
    halves: tuple[list[Reply], list[Reply]] = ([], [])
    for result, replies in zip(results, counted, strict=True):
        for part in PARTS:
            heard = [reply for reply in result.replies if reply.question.part == part]
            middle = -(-len(heard) // 2)
            for half, those in zip(halves, (heard[:middle], heard[middle:]), strict=True):
                half += [reply for reply in those if reply in replies]
    return halves


def _taken(unknown: Sequence[Reply]) -> Iterator[RightShare]:
    """How often single excerpts were said to be Bach's."""
    single = [reply for reply in unknown if reply.question.part == CONTINUATIONS]
    yield _share(BACH, (reply for reply in single if reply.question.right == BY_BACH), _is_taken_for_bach)
    for model in sorted({reply.question.model for reply in single}):
        programs = (reply for reply in single if reply.question.right != BY_BACH)
        yield _share(continuing(model), (one for one in programs if one.question.model == model), _is_taken_for_bach)


def _is_right(reply: Reply) -> bool:
    return reply.right


def _is_taken_for_bach(reply: Reply) -> bool:
    return reply.said == BY_BACH


def _share(what: str, replies: Iterable[Reply], counts: Callable[[Reply], bool] = _is_right) -> RightShare:
    counted = [counts(reply) for reply in replies]
    return RightShare(what, sum(counted), len(counted))


def describe_verdict(verdict: BlindVerdict) -> list[str]:
    """Tables in Markdown."""
    count = verdict.together[-1].answers
    groups = {**verdict.listeners, TOGETHER: verdict.together}
    rows = [(called, share.what, _shown(share), share.beside_chance) for called, of in groups.items() for share in of]
    return [
        f"results: {len(verdict.listeners)}; answers counted: {count}; left out: {verdict.left_out} (known pieces, and"
        " excerpts without their counterparts)",
        "",
        *_table(("listener", "told from Bach", "right (95 %)", f"guessing is {100 * CHANCE:.0f} %"), rows),
        "",
        *_table((TOGETHER, "right (95 %)"), [(share.what, _shown(share)) for share in verdict.aside]),
        "",
        *_table(("by itself", "said to be Bach's (95 %)"), [(share.what, _shown(share)) for share in verdict.taken]),
    ]


def _shown(share: RightShare) -> str:
    if not share.answers:
        return NO_SHARE
    rate, low, high = (100 * part for part in (share.right / share.answers, *share.interval))
    return f"{share.right} of {share.answers}: {rate:.0f} % ({low:.0f}…{high:.0f})"


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
        "left_out": verdict.left_out,
    }
