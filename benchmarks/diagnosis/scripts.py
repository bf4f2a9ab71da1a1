"""
Made-up integration tests: what one does, before anything goes wrong.

A script is the same for every attempt of its test. What differs from attempt to
attempt by nature (times, ids, optional calls, how often a poll asks) is in the
hands of the generator that plays it.
"""

from __future__ import annotations

import random

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final


_SERVICES: Final = ("orders", "billing", "users", "search", "stock", "mail", "files")
_NOUNS: Final = ("carts", "invoices", "reports", "rules", "items", "jobs", "tokens")
_SIZES: Final = (12, 25, 50, 90, 160)


@dataclass(frozen=True, slots=True)
class Request:
    """
    A call, usually of *milliseconds*, that *makes* a thing, there *lag* milliseconds
    later, or *needs* one that was made. *is_checked*: the test asserts its status at
    once. *inside* are the queries of the service, where its spans are collected.
    """

    key: str
    method: str
    service: str
    route: str
    milliseconds: float
    status: int = 200
    makes: str = ""
    lag: float = 0.0
    needs: str = ""
    rows: int = 0
    is_checked: bool = True
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Poll:
    """
    A *request* made again and again until what it needs is there.
    """

    request: Request
    every: float
    most: int


@dataclass(frozen=True, slots=True)
class Maybe:
    """
    What some attempts do, and some do not.
    """

    chance: float
    part: Request


@dataclass(frozen=True, slots=True)
class Together:
    """
    Requests made at the same time.
    """

    parts: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """
    A named step of the test.
    """

    name: str
    parts: tuple[Part, ...]


Part = Request | Poll | Maybe | Together | Stage


@dataclass(frozen=True, slots=True)
class Script:
    """
    A test: its *parts*, then what it clears away, however it ended.
    """

    parts: tuple[Part, ...]
    teardown: tuple[Request, ...]

    def requests(self) -> Iterator[Request]:
        """
        Give those that every attempt makes, in order.
        """
        yield from _requests(self.parts)


def write(chance: random.Random) -> Script:
    """
    Make up a test of 10 to 200 spans.
    """
    author = _Author(chance)
    size = chance.choice(_SIZES)
    parts: list[Part] = [author.read_after_write(), author.create_and_wait()]
    parts += [author.listing(), author.plain()]
    kinds: list[Callable[[], Part]] = [
        *[author.plain] * 4,
        *[author.read_after_write] * 2,
        author.create_and_wait,
        author.listing,
        author.expected_miss,
        author.perhaps,
        author.together,
    ]
    while author.spans < size:
        parts.append(chance.choice(kinds)())
    chance.shuffle(parts)

    return Script(tuple(parts), tuple(author.teardown))


class _Author:
    def __init__(self, chance: random.Random) -> None:
        self.spans = 0
        self.teardown: list[Request] = []

        self._chance = chance
        self._known: list[Request] = []
        self._number = 0
        # Some suites see into their services, some do not.
        self._is_collected = chance.random() < 0.6

    def plain(self) -> Request:
        if self._known and self._chance.random() < 0.3:
            # The same question again, later in the test.
            return self._said(self._chance.choice(self._known))

        method = self._chance.choice(("GET", "GET", "POST", "PUT", "PATCH"))
        request = self._request(method, self._route())
        self._known.append(request)

        return request

    def read_after_write(self) -> Part:
        made = self._making()
        read = self._request("GET", made.route + "/{id}", needs=made.makes)
        between = [self.plain()] if self._chance.random() < 0.3 else []

        return self._stage("create and read", made, *between, read)

    def create_and_wait(self) -> Part:
        made = replace(self._making(), lag=self._chance.uniform(50, 800))
        asked = self._request("GET", made.route + "/{id}/state", needs=made.makes)
        self.spans += 3
        every = self._chance.uniform(40, 400)
        # Hardly ever too few.
        poll = Poll(asked, every, 4 + round(made.lag * 5 / every))

        return self._stage("create and wait", made, poll)

    def listing(self) -> Request:
        return self._request("GET", self._route(), rows=self._chance.randint(1, 6))

    def expected_miss(self) -> Request:
        return self._request("GET", self._route() + "/{id}", status=404)

    def perhaps(self) -> Maybe:
        return Maybe(self._chance.uniform(0.1, 0.7), self._request("POST", "/token"))

    def together(self) -> Together:
        count = self._chance.randint(2, 4)

        return Together(
            tuple(self._request("GET", self._route()) for _ in range(count))
        )

    def _making(self) -> Request:
        made = self._request("POST", self._route(), status=201)
        thing = f"thing {made.key}"
        made = replace(made, makes=thing)
        self.teardown.append(
            replace(
                self._request("DELETE", made.route + "/{id}", needs=thing),
                status=204,
                inside=(),
                is_checked=False,
            )
        )

        return made

    def _stage(self, name: str, *parts: Part) -> Part:
        self.spans += 1
        self._number += 1

        return Stage(f"{name} {self._number}", parts)

    def _route(self) -> str:
        nouns = self._chance.sample(_NOUNS, 2)
        if self._chance.random() < 0.3:
            return f"/v1/{nouns[0]}/{{id}}/{nouns[1]}"

        return f"/v1/{nouns[0]}"

    def _request(
        self,
        method: str,
        route: str,
        *,
        status: int = 200,
        needs: str = "",
        rows: int = 0,
    ) -> Request:
        inside: tuple[str, ...] = ()
        if self._is_collected:
            table = route.rpartition("/")[2].strip("{}")
            verbs = ("SELECT", "INSERT", "UPDATE")
            inside = tuple(
                f"{self._chance.choice(verbs)} {table}"
                for _ in range(self._chance.randint(0, 2))
            )

        return self._said(
            Request(
                key="",
                method=method,
                service=self._chance.choice(_SERVICES),
                route=route,
                milliseconds=self._chance.choice((3, 8, 15, 40, 120)),
                status=status,
                needs=needs,
                rows=rows,
                is_checked=self._chance.random() < 0.7,
                inside=inside,
            )
        )

    def _said(self, request: Request) -> Request:
        self._number += 1
        self.spans += 1 + (1 + len(request.inside) if request.inside else 0)

        return replace(request, key=f"r{self._number}")


def _requests(parts: tuple[Part, ...]) -> Iterator[Request]:
    for part in parts:
        match part:
            case Request():
                yield part
            case Poll():
                yield part.request
            case Stage() | Together():
                yield from _requests(part.parts)
