"""Any flow, killed anywhere, again and again, then resumed: the uninterrupted result, and no finished step twice.

A point to be killed at is a call of a component, or the moment before or after a write of the journal. ``KILLED_FLOWS`` is
how many flows are tried in SQLite (an eighth of them in PostgreSQL).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flow_compiler.engine.outcomes import Success
from flow_compiler.engine.storage import open_stores

from .runner import Order
from .runners import Forks, Line, Place, ref, step

pytestmark = pytest.mark.process
FLOWS = int(os.environ.get("KILLED_FLOWS", "40"))
RETRIED, DEFAULT = {"action": "retry", "maxRetries": 3}, {"action": "useDefault", "defaultValue": "default"}


@st.composite
def steps(draw: st.DrawFn, number: int) -> tuple[Line, dict[str, int]]:
    """A step that may refer to those before it, and how often it fails first."""
    name = f"s{number}"
    earlier = [ref(f"s{before}") for before in range(number)]
    value = st.integers(0, 3)
    if earlier:
        one = st.sampled_from(earlier)
        value |= one | st.lists(one, max_size=3)
        value |= st.builds(lambda a, b: {"$coalesce": [a, b]}, one, one)
        value |= st.builds(lambda a, b, c: {"$if": a, "then": b, "else": c}, one | st.just(None), one, one)
    component = draw(st.sampled_from(["/t/work", "/t/pure"]))
    match draw(st.sampled_from(["plain", "plain", "retried", "replaced", "map", "iterate"])):
        case "retried":
            # What fails by its attempt is not pure, unless no other step has its input.
            return step(name, [name, draw(value)], component, onError=RETRIED), {name: draw(st.integers(1, 3))}
        case "replaced":
            return step(name, [name, draw(value)], component, onError=DEFAULT), {name: 99}
        case "map":
            inner = {
                "steps": [step(f"x{number}", {"$input": "$"}, component), step(f"y{number}", ref(f"x{number}"))],
                "output": ref(f"y{number}"),
            }
            items, width = draw(st.lists(value, max_size=4)), draw(st.integers(1, 3))
            given_: Line = {"items": items, "max_concurrency": width, "workflow": {"$literal": inner}}
            return step(name, given_, "/builtin/map"), {}
        case "iterate":
            inner = {
                "steps": [step(f"x{number}", {"$input": "$"}, onError=RETRIED)],
                "output": {
                    "$if": {"$input": "left"},
                    "then": {"next": {"$input": "left"}, "done": ref(f"x{number}")},
                    "else": {"result": ref(f"x{number}")},
                },
            }
            nested: Any = {"left": None}
            for _ in range(draw(st.integers(0, 3))):
                nested = {"left": nested}
            given_ = {"flow": {"$literal": inner}, "initial_input": nested}
            return step(name, given_, "/builtin/iterate"), {f"x{number}": draw(st.integers(0, 1))}
        case _:
            return step(name, draw(value), component), {}


@st.composite
def flows(draw: st.DrawFn) -> tuple[Line, dict[str, int]]:
    made = [draw(steps(number)) for number in range(draw(st.integers(1, 6)))]
    output = [ref(one["id"]) for one, _ in made]
    fail = {name: times for _, failing in made for name, times in failing.items()}
    return {"steps": [one for one, _ in made], "output": output}, fail


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    forks = Forks()
    yield forks
    forks.close()


SEEN: Counter[str] = Counter()


def finished(place: Place) -> set[tuple[str, str]]:
    """What is promised never to be called again."""

    async def load() -> set[tuple[str, str]]:
        async with open_stores(place.database, place.folder / "artifacts") as stores:
            records = await stores.journal.load("run", "item")
        return {name for name, record in records.items() if isinstance(record.outcome, Success)}

    return asyncio.run(load())


def check(forks: Forks, place: Place, flow: Line, fail: dict[str, int], kills: list[float]) -> None:
    def order(at: Place, kill_at: int) -> Order:
        return Order(str(at.folder), at.database, flow, fail=fail, ttl=60.0, kill_at=kill_at)

    other = Place(place.folder / "undisturbed", f"sqlite:///{place.folder}/undisturbed/journal.db")
    other.folder.mkdir()
    expected = forks.run(order(other, 0))
    promised: set[tuple[str, str]] = set()
    for share in [*kills, None]:
        before = len(place.calls)
        ended = forks.run(order(place, 0 if share is None else 1 + int(share * expected["points"])))
        assert not promised & {(call["item"], call["called"]) for call in place.calls[before:]}
        if ended["ended"] == 0:
            break
        assert ended["ended"] == -signal.SIGKILL
        SEEN["killed"] += 1
        place.expire_leases()
        promised = finished(place)
        SEEN["promised"] += len(promised)
    assert ended["result"] == expected["result"]
    effects = [(call["item"], call["called"], call["attempt"]) for call in place.calls if call["path"] == "/t/work"]
    assert len(effects) == len(set(effects))  # no attempt at what has an effect is made under a number used before


def relaxed(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


KILLS = st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3)


@relaxed(FLOWS)
@given(case=flows(), kills=KILLS)
def test_a_killed_run_ends_as_if_nothing_had_happened(
    forks: Forks, case: tuple[Line, dict[str, int]], kills: list[float]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(forks, Place(Path(folder), f"sqlite:///{folder}/journal.db"), *case, kills)


@pytest.mark.postgres
@relaxed(max(FLOWS // 8, 1))
@given(case=flows(), kills=KILLS)
def test_a_killed_run_ends_as_if_nothing_had_happened_in_postgresql(
    forks: Forks, postgres_server: Any, case: tuple[Line, dict[str, int]], kills: list[float]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(forks, Place(Path(folder), postgres_server.new_database()), *case, kills)


def test_the_kills_met_finished_steps() -> None:
    """What the tests above ran says something."""
    if not SEEN:
        pytest.skip("none of them ran")
    assert SEEN["killed"] > FLOWS / 2
    assert SEEN["promised"] > FLOWS / 2, json.dumps(SEEN)
