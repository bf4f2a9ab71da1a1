"""
What goes wrong in made-up suites: a fault for each known cause of flakiness.

Some of them, and all seeds from 20,000 on, were looked at by nobody while the
comparison was tuned: `HELD_OUT`.
"""

from __future__ import annotations

import random

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from benchmarks.diagnosis.generator import Fault, Suite, play
from benchmarks.diagnosis.scripts import (
    Part,
    Poll,
    Request,
    Script,
    Stage,
    Together,
    write,
)
from benchmarks.diagnosis.tape import Json


Scenario = Callable[[Script, random.Random], Fault]

_LATE: Final = 30_000.0
_THROTTLED: Final = '{"__type": "TooManyRequestsException", "message": "Rate exceeded"}'
_DUPLICATE: Final = '{"error": {"code": "already_exists", "message": "name is taken"}}'
_LEAKER: Final = "tests/test_shop.py::test_leaves_rows"
HELD_OUT_SEED: Final = 20_000


def race_read_after_write(script: Script, chance: random.Random) -> Fault:
    """
    What was written is not there yet when it is read.
    """
    return Fault(key=chance.choice(_written(script, Request)).key, lag=_LATE)


def race_poll_runs_out(script: Script, chance: random.Random) -> Fault:
    """
    What is waited for comes too late.
    """
    return Fault(key=chance.choice(_written(script, Poll)).key, lag=_LATE)


def throttled(script: Script, chance: random.Random) -> Fault:
    """
    A request is refused for there were too many.
    """
    return Fault(key=_any(script, chance).key, status=429, said=_THROTTLED)


def throttled_then_mended(script: Script, chance: random.Random) -> Fault:
    """
    A retry succeeds, but takes too long for the test.
    """
    return Fault(
        key=_any(script, chance).key, status=429, said=_THROTTLED, is_mended=True
    )


def slow_peer(script: Script, chance: random.Random) -> Fault:
    """
    A service takes many times as long as it does.
    """
    return _slow(_any(script, chance), chance)


def slow_until_timeout(script: Script, chance: random.Random) -> Fault:
    """
    A service takes so long that the client gives it up.
    """
    return Fault(key=_any(script, chance).key, factor=1e6, patience=5_000)


def expired_token(script: Script, chance: random.Random) -> Fault:
    """
    From some request on, everybody is refused.
    """
    return Fault(key=_any(script, chance).key, is_expired=True)


def leaked_duplicate(script: Script, chance: random.Random) -> Fault:
    """
    Another test left the thing that this one wants to create.
    """
    created = [one for one in script.requests() if one.makes]

    return Fault(
        key=chance.choice(created).key, status=409, said=_DUPLICATE, leaker=_LEAKER
    )


def leaked_rows(script: Script, chance: random.Random) -> Fault:
    """
    Another test left rows that this one counts, all answers being 200.
    """
    return Fault(key=_listing(script, chance).key, rows=2, leaker=_LEAKER)


def slow_query(script: Script, chance: random.Random) -> Fault:
    """
    A query inside of a service takes long, and all above it with it.
    """
    seen = [one for one in script.requests() if one.inside]
    if not seen:
        return slow_peer(script, chance)
    slow = chance.choice(seen)

    return replace(_slow(slow, chance), slow_inside=chance.randrange(len(slow.inside)))


def changed_body(script: Script, chance: random.Random) -> Fault:
    """
    An answer lacks a key that it has otherwise.
    """
    key = chance.choice(_plain(script)).key

    return Fault(key=key, fields=lambda body: {**body, "owner": None})


def stale_node(script: Script, chance: random.Random) -> Fault:
    """
    One node behind the balancer answers with what was.
    """

    def stale(body: Json) -> Json:
        return {**body, "state": "pending"}

    return Fault(key=chance.choice(_plain(script)).key, fields=stale, node="node-4")


def server_error(script: Script, chance: random.Random) -> Fault:
    """
    A service breaks.
    """
    return Fault(key=_any(script, chance).key, status=500, said="<h1>Oops</h1>")


def refused_in_a_body(script: Script, chance: random.Random) -> Fault:
    """
    A service says with status 200 that it did not do it.
    """
    key = chance.choice(_plain(script)).key

    return Fault(key=key, fields=lambda _: {"ok": False, "error": "ratelimited"})


def noise(_script: Script, _chance: random.Random) -> Fault:
    """
    The test fails for no reason that could be seen.
    """
    return Fault()


TUNED: Final[tuple[Scenario, ...]] = (
    race_read_after_write,
    race_poll_runs_out,
    throttled,
    throttled_then_mended,
    slow_peer,
    slow_until_timeout,
    expired_token,
    leaked_duplicate,
    leaked_rows,
    changed_body,
)
HELD_OUT: Final[tuple[Scenario, ...]] = (
    slow_query,
    stale_node,
    server_error,
    refused_in_a_body,
)


def suite(scenario: Scenario, seed: int, *, failing: int, passing: int) -> Suite:
    """
    Make up a suite for *scenario*: so many attempts of one test, in mixed order.
    """
    chance = random.Random(f"{scenario.__name__} {seed}")  # noqa: S311 - no secret
    script = write(chance)
    fault = scenario(script, chance)
    faults: list[Fault | None] = [fault] * failing + [None] * passing
    chance.shuffle(faults)

    return play(script, faults, chance)


def _slow(request: Request, chance: random.Random) -> Fault:
    # What fails a test is felt, however quick the request is otherwise.
    factor = chance.uniform(8, 30)

    return Fault(key=request.key, factor=max(factor, 250 / request.milliseconds))


def _any(script: Script, chance: random.Random) -> Request:
    return chance.choice([one for one in script.requests() if not one.needs])


def _plain(script: Script) -> list[Request]:
    return [
        one
        for one in script.requests()
        if not one.needs and not one.makes and not one.rows and one.status == 200
    ]


def _listing(script: Script, chance: random.Random) -> Request:
    return chance.choice([one for one in script.requests() if one.rows])


def _written(script: Script, read_by: type[Request | Poll]) -> list[Request]:
    """
    Give the requests that make what is read at once, or polled for.
    """
    found = []
    for parts in _sequences(script.parts):
        needed = {
            (part.request if isinstance(part, Poll) else part).needs
            for part in parts
            if isinstance(part, read_by)
        }
        found += [
            part for part in parts if isinstance(part, Request) and part.makes in needed
        ]

    return [one for one in found if one.makes]


def _sequences(parts: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    yield parts
    for part in parts:
        if isinstance(part, Stage | Together):
            yield from _sequences(part.parts)
