"""
Plays a made-up test again and again, and writes what recording would have seen.

The world has its own noise: latencies with a long tail, random ids and ports,
optional calls, polls that ask now twice and now seven times, 404s that the test
wants, a 503 that a retry mends, nodes behind a balancer. A *fault* is one thing
more; what comes of it (reads that miss, polls that run out, a test that stops)
comes by itself.
"""

from __future__ import annotations

import json
import random

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from benchmarks.diagnosis.scripts import (
    Maybe,
    Part,
    Poll,
    Request,
    Script,
    Stage,
    Together,
)
from benchmarks.diagnosis.tape import CLIENT, INTERNAL, SERVER, Json, Tape


_START: Final = 1_795_329_792_000_000_000
_HOUR: Final = 3_600 * 10**9
_NEVER: Final = float("inf")
_SPIKES: Final = 0.01
_OUTAGES: Final = 0.01
_OTHERS: Final = tuple(f"tests/test_shop.py::test_{letter}" for letter in "abcdefgh")


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What goes wrong at the request *key*: it is answered with *status* and *said*,
    takes *factor* times as long (in its *slow_inside*-th part, if told), is given
    up after *patience* milliseconds, makes its thing *lag* milliseconds later or
    never, has *rows* more or other *fields* in its answer, which comes from *node*.
    From an *is_expired* on, everybody is refused; *is_mended*: a retry succeeds.

    *leaker* is the test that ran before. Without a key the test fails for no reason
    that could be seen.
    """

    key: str = ""
    status: int = 0
    said: str = ""
    factor: float = 1.0
    slow_inside: int | None = None
    patience: float = 0.0
    lag: float | None = None
    rows: int = 0
    fields: Callable[[Json], Json] | None = None
    node: str = ""
    is_expired: bool = False
    is_mended: bool = False
    leaker: str = ""


@dataclass(slots=True)
class Suite:
    """
    Attempts of one test as OTLP/JSON *lines*. *culprits* are the spans in which the
    faults lie; *preceding* tells, by trace, which test ran before.
    """

    lines: list[str] = field(default_factory=list)
    culprits: set[str] = field(default_factory=set)
    preceding: dict[str, str] = field(default_factory=dict)


class _Failed(Exception):
    pass


def play(
    script: Script, faults: Iterable[Fault | None], chance: random.Random
) -> Suite:
    """
    Play *script* once for each of *faults*; None is an attempt in which all is well.
    """
    suite = Suite()
    for number, fault in enumerate(faults):
        played = _Attempt(chance, fault, _START + number * _HOUR)
        played.play(script)
        suite.lines += played.tape.lines
        suite.culprits |= played.culprits
        before = fault.leaker if fault and fault.leaker else chance.choice(_OTHERS)
        suite.preceding[played.tape.trace_id] = before

    return suite


class _Attempt:
    def __init__(self, chance: random.Random, fault: Fault | None, start: int) -> None:
        self.culprits: set[str] = set()
        resource = {
            "service.name": "tests",
            "otel_testkit.run.id": f"run-{chance.getrandbits(32):08x}",
            "otel_testkit.worker": f"gw{chance.randint(0, 3)}",
            "vcs.ref.head.revision": f"{chance.getrandbits(160):040x}",
            "vcs.ref.head.name": chance.choice(("main", "main", "feature")),
            "cicd.pipeline.run.id": str(chance.randint(10**6, 10**7)),
            "host.name": f"runner-{chance.randint(1, 5)}",
        }
        self.tape = Tape(chance, start, resource)

        self._chance = chance
        self._fault = fault or Fault()
        self._must_fail = fault is not None
        self._now = 0.0
        # The things that were made: their ids, and since when they are there.
        self._made: dict[str, tuple[str, float]] = {}
        self._is_expired = False
        self._failed_at = 0.0
        # What comes too late, or never: who misses it has a part in a race.
        self._late = ""
        self._port = chance.randint(30_000, 60_000)

    def play(self, script: Script) -> None:
        root, error = self.tape.new_id(), None
        try:
            for part in script.parts:
                self._do(part, root)
            if self._must_fail:
                # What was not asserted on the way is, at the end.
                self._fail(f"AssertionError: {self._chance.random():.3f} < 0.5")
        except _Failed as failure:
            error = str(failure), self._failed_at
        for request in script.teardown:
            if request.needs in self._made:
                self._request(request, root)
        self.tape.span(
            root,
            None,
            "test_it",
            0.0,
            self._now,
            INTERNAL,
            error=error,
            **{
                "test.case.name": "tests/test_shop.py::test_it",
                "otel_testkit.outcome": "failed" if error else "passed",
                "test.case.result.status": "fail" if error else "pass",
            },
        )

    def _do(self, part: Part, parent: str) -> None:
        match part:
            case Stage():
                self._stage(part, parent)
            case Poll():
                self._poll(part, parent)
            case Maybe():
                if self._chance.random() < part.chance:
                    self._check(part.part, self._request(part.part, parent))
            case Together():
                self._together(part, parent)
            case Request():
                self._check(part, self._request(part, parent))
        self._now += self._chance.uniform(0.3, 4)

    def _stage(self, stage: Stage, parent: str) -> None:
        span_id, start, error = self.tape.new_id(), self._now, None
        try:
            for part in stage.parts:
                self._do(part, span_id)
        except _Failed as failure:
            error = str(failure), self._failed_at
            raise
        finally:
            self.tape.span(
                span_id, parent, stage.name, start, self._now, INTERNAL, error=error
            )

    def _poll(self, poll: Poll, parent: str) -> None:
        for _ in range(poll.most):
            if self._request(poll.request, parent) < 400:
                return
            self._now += poll.every * self._chance.uniform(0.95, 1.05)
        self._fail("TimeoutError: waited too long")

    def _together(self, together: Together, parent: str) -> None:
        begun, ended = self._now, self._now
        for request in self._chance.sample(together.parts, len(together.parts)):
            self._now = begun + self._chance.uniform(0, 2)
            status = self._request(request, parent)
            ended = max(ended, self._now)
            self._check(request, status)
        self._now = ended

    def _check(self, request: Request, status: int) -> None:
        fault = self._fault
        is_wrong = status != request.status
        if request.key == fault.key:
            is_wrong = is_wrong or bool(fault.fields or fault.rows)
        if is_wrong and request.is_checked:
            self._fail(f"AssertionError: {status} == {request.status}")

    def _fail(self, message: str) -> None:
        self._failed_at = self._failed_at or self._now
        raise _Failed(message)

    def _request(self, request: Request, parent: str) -> int:
        fault = self._fault
        is_faulty = request.key == fault.key
        self._is_expired = self._is_expired or (is_faulty and fault.is_expired)
        status, said = self._answer(request, is_faulty=is_faulty)
        if is_faulty and fault.is_mended:
            self._call(request, parent, fault.status, fault.said)
            self._now += 1_000 * self._chance.uniform(0.9, 1.4)
        elif self._chance.random() < _OUTAGES:
            self._call(request, parent, 503, "<h1>503</h1>")
            self._now += 100 * self._chance.uniform(0.5, 1.5)
        self._call(request, parent, status, said)

        return status

    def _answer(self, request: Request, *, is_faulty: bool) -> tuple[int, str]:
        if self._is_expired:
            return 401, '{"error": "invalid_token"}'
        if is_faulty and self._fault.status and not self._fault.is_mended:
            return self._fault.status, self._fault.said
        if request.needs:
            _, there = self._made.get(request.needs, ("", _NEVER))
            if there > self._now:
                return 404, '{"error": "not found"}'

        return request.status, self._body(request, is_faulty=is_faulty)

    def _call(self, request: Request, parent: str, status: int, said: str) -> None:
        fault, chance = self._fault, self._chance
        is_faulty = request.key == fault.key
        took = request.milliseconds * chance.lognormvariate(0, 0.25)
        if chance.random() < _SPIKES:
            took *= chance.uniform(2, 6)
        more = took * (fault.factor - 1) if is_faulty else 0.0
        given_up = is_faulty and 0 < fault.patience < took + more
        span_id, start = self.tape.new_id(), self._now
        self._now += fault.patience if given_up else took + more
        if is_faulty or (self._late and request.needs == self._late):
            self.culprits.add(span_id)
        if request.inside and status != 503:
            self._inside(request, span_id, start, (took, more), status)
        elif request.makes and status < 400:
            self._make(request)

        path = request.route.replace("{id}", self._thing(request))
        attributes: Json = {
            "http.request.method": request.method,
            "url.full": f"http://127.0.0.1:{self._port}{path}",
            "service.peer.name": request.service,
            "http.request.header.x-request-id": [self.tape.some_id()],
        }
        if not given_up:
            kind = "text/html" if said.startswith("<") else "application/json"
            node = is_faulty and fault.node
            attributes |= {
                "http.response.status_code": status,
                "http.response.body.content": said,
                "http.response.header.content-type": [kind],
                "http.response.header.x-served-by": [
                    node or f"node-{chance.randint(1, 3)}"
                ],
            }
        error = ("ReadTimeout: timed out", self._now) if given_up else None
        self.tape.span(
            span_id,
            parent,
            request.method,
            start,
            self._now,
            CLIENT,
            error=error,
            is_error=status >= 400,
            **attributes,
        )
        if given_up:
            self._fail("ReadTimeout: timed out")

    def _inside(
        self,
        request: Request,
        parent: str,
        start: float,
        took_and_more: tuple[float, float],
        status: int,
    ) -> None:
        took, more = took_and_more
        resource = {"service.name": request.service, "host.name": self.tape.some_id()}
        is_faulty = request.key == self._fault.key
        server, at = self.tape.new_id(), start + took * 0.1
        for number, statement in enumerate(request.inside):
            verb, _, table = statement.partition(" ")
            long = took * 0.7 / len(request.inside)
            long += more if number == self._fault.slow_inside else 0.0
            query = f"{verb} * FROM {table} WHERE id = '{self.tape.some_id()}'"
            span_id = self.tape.new_id()
            if is_faulty and number == self._fault.slow_inside:
                self.culprits.add(span_id)
            self.tape.span(
                span_id,
                server,
                verb,
                at,
                at + long,
                CLIENT,
                resource=resource,
                scope="sqlalchemy",
                **{"db.system.name": "postgresql", "db.query.text": query},
            )
            at += long
        if is_faulty:
            self.culprits.add(server)
        done = start + took * 0.9 + more
        self.tape.span(
            server,
            parent,
            f"{request.method} {request.route}",
            start + took * 0.05,
            done,
            SERVER,
            resource=resource,
            scope="flask",
            **{"http.route": request.route, "http.response.status_code": status},
        )
        if not request.makes or status >= 400:
            return
        lag = self._make(request)
        if lag == _NEVER:
            return
        span_id = self.tape.new_id()
        if is_faulty:
            self.culprits.add(span_id)
        self.tape.span(
            span_id,
            server,
            f"make {request.route.rpartition('/')[2]}",
            done + lag * 0.1,
            done + lag + 0.1,
            INTERNAL,
            resource=resource,
            scope="worker",
        )

    def _make(self, request: Request) -> float:
        """
        Make what *request* makes; gives the milliseconds until it is there.
        """
        lag = request.lag * self._chance.lognormvariate(0, 0.4)
        if request.key == self._fault.key and self._fault.lag is not None:
            lag = self._fault.lag
            self._late = request.makes
        self._made[request.makes] = self.tape.some_id(), self._now + lag

        return lag

    def _thing(self, request: Request) -> str:
        known = self._made.get(request.needs)

        return known[0] if known else self.tape.some_id()

    def _body(self, request: Request, *, is_faulty: bool) -> str:
        body: Json = {
            "id": self.tape.some_id(),
            "state": "ready",
            "created_at": f"2026-11-22T06:{self._chance.randint(10, 59)}:00.5Z",
            "owner": {"name": "Bob", "visits": self._chance.randint(1, 4)},
        }
        if request.rows:
            rows = request.rows + (self._fault.rows if is_faulty else 0)
            items = [
                {"id": self.tape.some_id(), "sku": f"A-{row}", "quantity": 2}
                for row in range(rows)
            ]
            body = {"total": rows, "items": items}
        if is_faulty and self._fault.fields:
            body = self._fault.fields(body)

        return json.dumps(body)
