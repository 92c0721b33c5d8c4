"""The report as a table and as JSON, from columns that are known to the last figure."""

from __future__ import annotations

import json

import pytest
from support.made_up import chorale, frames_of_chords

from companion.music.vocabulary import IntArray
from export.judging.recital import Recital
from export.judging.report import Repertoire, as_dict, columns_of, describe_report, make_report
from export.measures import table
from export.measures.passage import Passage
from export.measures.table import Measure
from export.measures.tally import Tally

SMALL, LARGE = frames_of_chords([(72, 67, 64, 48)] * 2), frames_of_chords([(72, 67, 64, 48)] * 10)
LENGTH = Measure("length", lambda p: Tally(len(p.frames), 1), scale=1, unit="steps")
SHARE = Measure("share", lambda p: Tally(len(p.frames), 80), goal=table.no_more_than_bach)
LONGEST = Measure(
    "copy", lambda p: Tally(len(p.frames), 1), table.nothing_copied, scale=1, unit="changes", shows_greatest=True
)


def column(name: str, *pieces: IntArray) -> Repertoire:
    return Repertoire(name, tuple(Passage(f"{name}-{at}", piece) for at, piece in enumerate(pieces)), {})


BACH = column("Bach", SMALL, SMALL, LARGE)


def test_a_table_says_of_each_measure_whether_its_goal_is_met() -> None:
    report = make_report(
        (LENGTH, SHARE, LONGEST),
        BACH,
        [column("mine", SMALL), column("yours", LARGE)],
        {"mine": Tally(95, 100)},
        ["jsb"],
    )
    assert describe_report(report) == [
        "| measure | Bach: mean (5–95 %) | mine | yours |",
        "| --- | --- | --- | --- |",
        "| pieces | 3 | 1 | 1 |",
        "| length, steps | 18.67 (8.00–36.80) | 8.00 ok | 40.00 out |",
        "| share, % | 23.33 (10.00–46.00) | 10.00 ok | 50.00 out |",
        "| copy, changes | median 8, most 40 (8.00–36.80) | median 8, most 8 ok | median 40, most 40 out |",
        "",
        "closes asked for that come well, mine: 95 of 100 ok",
        "copies were looked for in the training pieces of jsb",
        "4 of 7 goals are met",
    ]


def test_json_holds_rates_and_whether_they_are_as_wanted() -> None:
    report = make_report((SHARE,), BACH, [column("mine", LARGE)], {"mine": Tally(1, 2)}, ["jsb", "corpus"])
    found = json.loads(json.dumps(as_dict(report)))
    assert found["pieces"] == {"Bach": 3, "mine": 1}
    assert found["copies_looked_for_in"] == ["jsb", "corpus"]
    assert found["measures"]["share"]["mine"] == {
        "mean": 0.5,
        "low": 0.5,
        "median": 0.5,
        "high": 0.5,
        "greatest": 0.5,
        "deviation": 0.0,
        "pooled": 0.5,
        "met": False,
    }
    assert found["measures"]["share"]["Bach"]["mean"] == pytest.approx(0.23333)
    assert found["cadences"] == {"mine": {"good": 1, "asked": 2, "met": False}}
    assert found["goals"] == {"met": 0, "of": 2}


def test_what_cannot_be_counted_is_a_dash_and_no_goal() -> None:
    odd = Measure("odd", lambda p: Tally(0, len(p.frames) - 8))
    report = make_report((odd,), BACH, [column("mine", SMALL)], {"mine": Tally(0, 0)}, ["jsb"])
    assert describe_report(report)[3] == "| odd, % | 0.00 (0.00–0.00) | – |"
    assert report.goals == []
    assert as_dict(report)["measures"]["odd"].keys() == {"Bach"}


def test_bach_must_be_long_enough_to_be_compared_with() -> None:
    with pytest.raises(ValueError, match="the held-out pieces are too short for odd"):
        make_report((Measure("odd", lambda p: Tally(0, 0)),), BACH, [], {}, [])


def test_harmonised_melodies_have_a_goal_of_their_own() -> None:
    passages = (Passage("x", chorale(1)),)
    columns = columns_of("gru", Recital(passages, passages, Tally(0, 0)))
    assert [(column.name, list(column.goals)) for column in columns] == [
        ("gru continues", []),
        ("gru harmonises", [table.BEATS]),
    ]
    assert columns_of("gru", Recital((), passages, Tally(0, 0)))[0].name == "gru harmonises"
