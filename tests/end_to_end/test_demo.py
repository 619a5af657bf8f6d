"""The demo as a newcomer runs it: answers with document, place and picture; the second time nothing is computed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from tests.end_to_end.command import EXAMPLES, Done, Home

pytestmark = pytest.mark.process

QUESTIONS = yaml.safe_load((EXAMPLES.parent / "questions.yaml").read_text(encoding="utf-8"))["questions"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Done, Done]]:
    """A home, the first demo and the second."""
    home = Home(tmp_path_factory.mktemp("demo") / "home", {})
    yield home, home.run("demo", "--json"), home.run("demo")


def answers(done: Done) -> list[Any]:
    return [line for line in done.lines if "question" in line]


def documents(done: Done) -> dict[str, Any]:
    return {line["document"].split(":")[1]: line for line in done.lines if "question" not in line}


def test_every_document_ends_as_it_should_and_the_broken_ones_say_what_to_do(demo: tuple[Home, Done, Done]) -> None:
    ended = documents(demo[1])

    assert set(ended) == {path.name for path in EXAMPLES.iterdir() if not path.name.startswith(".")}
    failed = {name: row["failure"] for name, row in ended.items() if row["outcome"] == "failed"}
    assert set(failed) == {"encrypted.pdf", "truncated.pdf"}
    assert failed["encrypted.pdf"]["code"] == "document.encrypted"
    assert failed["truncated.pdf"]["code"] == "document.damaged"
    assert all(reason["category"] == "source" and reason["next_step"] for reason in failed.values())
    assert {row["outcome"] for name, row in ended.items() if name not in failed} == {"indexed"}


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_each_question_is_answered_by_its_document_at_its_place(number: int, demo: tuple[Home, Done, Done]) -> None:
    expected, answer = QUESTIONS[number], answers(demo[1])[number]

    assert answer["question"] == expected["question"]
    assert answer["answer"]["document"] == f"examples:{expected['document']}"
    assert expected["answer"] in answer["answer"]["text"]
    assert any(fits(place, expected["place"], answer["answer"]["text"]) for place in answer["answer"]["evidence"])


def fits(place: dict[str, Any], expected: dict[str, Any], text: str) -> bool:
    kind = next(iter(expected))
    if kind != place["kind"]:
        return False
    if kind == "element":
        return expected["element"] in text
    if kind == "sheet":
        return place["sheet"] == expected["sheet"] and covers(place["cells"], expected["cells"])
    return bool(place[kind] == expected[kind] and place["quads"])


def covers(outer: str, inner: str) -> bool:
    (left, top, right, bottom), (a, b, c, d) = corners(outer), corners(inner)
    return left <= a and top <= b and right >= c and bottom >= d


def corners(cells: str) -> tuple[int, int, int, int]:
    first, _, last = cells.partition(":")
    return (*corner(first), *corner(last or first))


def corner(cell: str) -> tuple[int, int]:
    letters = "".join(char for char in cell if char.isalpha())
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column, int(cell[len(letters) :])


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_each_answer_has_a_picture_with_the_evidence_box_on_it(number: int, demo: tuple[Home, Done, Done]) -> None:
    home, first, _ = demo
    file = home.path.parent / Path(answers(first)[number]["picture"])

    with Image.open(file) as picture:
        reddish = sum(
            count
            for count, (red, green, blue) in picture.convert("RGB").getcolors(1 << 24) or ()
            if red > 140 and green < 90 and blue < 90
        )
    assert reddish > 100


def test_the_second_time_nothing_is_computed(demo: tuple[Home, Done, Done]) -> None:
    assert "nothing had to be recomputed" in demo[2].out


def test_any_question_is_taken(demo: tuple[Home, Done, Done]) -> None:
    done = demo[0].run("demo", "when was the dam inspected", "--json")

    assert done.code == 0
    assert answers(done)[0]["answer"]["document"] == "examples:dam-inspection.md"
