"""
Dice that a test seeds, mocks or counts: no id comes twice, and what the test
draws is what it draws without us.
"""

from __future__ import annotations

from typing import Any

import pytest


# What a test does to the dice before it draws.
DICE = {
    "seed": "random.seed(0)",
    "setstate": "random.setstate(STATE)",
    "getrandbits": "monkeypatch.setattr(random, 'getrandbits', lambda bits: 7)",
    "getrandbits-of-all": "monkeypatch.setattr(random.Random, 'getrandbits', seven)",
    "instance": "monkeypatch.setattr(random, '_inst', random.Random(0))",
    "class": "monkeypatch.setattr(random, 'Random', None)",
    "urandom": "monkeypatch.setattr(os, 'urandom', lambda size: b'7' * size)",
    "uuid": "monkeypatch.setattr(uuid, 'uuid4', lambda: uuid.UUID(int=7))",
    "secrets": "monkeypatch.setattr(secrets, 'token_bytes', lambda size: b'7' * size)",
    "raising": """
        for name in ("getrandbits", "random", "randint", "randrange"):
            monkeypatch.setattr(random, name, None)
        monkeypatch.setattr(random, "SystemRandom", None)
    """,
    "modules": "monkeypatch.setitem(sys.modules, '_random', None)",
}
SUITE = """
    import os, random, secrets, sys, uuid
    from unittest import mock
    import pytest
    from opentelemetry import trace
    from otel_testkit import step
    from ledger import note

    STATE = random.Random(1).getstate()

    def seven(self, bits):
        return 7

    def draw():
        drawn = [random.Random(3).random()] if random.Random else []
        for name in ("getrandbits", "randrange"):
            draws = getattr(random, name)
            drawn.append(draws and draws(32))

        return drawn

    @pytest.mark.parametrize("number", range(9))
    def test_it(number, monkeypatch):
        if number % 3 == 0:
            random.seed(number)
        {dice}
        for part in range(2):
            with step("a"), step("b"):
                note(draw())
            with trace.get_tracer("theirs").start_as_current_span("theirs"):
                pass
"""


@pytest.mark.parametrize(
    "dice",
    [
        dice
        if dice in ("seed", "getrandbits-of-all", "urandom")
        else pytest.param(dice, marks=pytest.mark.matrix)
        for dice in DICE
    ],
)
def test_dice(beside: Any, dice: str) -> None:
    """The same draws as without us, and no two spans of one id."""
    done = beside(SUITE.format(dice=DICE[dice]), "-p", "no:randomly")

    assert done.code == 0, done.out
    assert len(done.noted) == 18
    no_id_comes_twice(done, tests=9)
    names = [span.name for span in done.run().spans()]
    assert (names.count("a"), names.count("b")) == (18, 18)


def no_id_comes_twice(done: Any, tests: int) -> None:
    ids = done.span_ids()
    assert len(set(ids)) == len(ids)
    assert len(done.attempts()) == tests
    assert len({one.trace_id for one in done.attempts()}) == tests


HYPOTHESIS = """
    import random
    import pytest
    from hypothesis import Phase, given, settings, strategies as st
    from otel_testkit import step
    from ledger import note

    phases = set(Phase) - {no_phase}
    settings.register_profile(
        "it", max_examples=25, database=None, derandomize=True, phases=phases
    )
    settings.load_profile("it")

    @given(st.integers(), st.randoms(use_true_random=False))
    def test_plain(number, dice):
        with {part}:
            note((number, dice.random(), random.random()))

    @given(st.lists(st.integers(), max_size=5))
    def test_failing(numbers):
        with {part}:
            note((numbers, random.random()))
            assert sum(numbers) < 100

    @given(st.integers())
    def test_assumes(number):
        from hypothesis import assume
        with {part}:
            note((number, random.random()))
            assume(number % 2)
"""


@pytest.mark.parametrize("part", ["step('example')", "contextlib.nullcontext()"])
def test_hypothesis(beside: Any, part: str) -> None:
    """
    hypothesis seeds for each example: they are the same, shrink and are explained
    alike, and what they record has ids of its own.
    """
    # Its explanation names the lines that only failing examples went through; of
    # a step as well.
    has_step = part.startswith("step")
    phase = "{Phase.explain}" if has_step else "set()"

    done = beside(
        "    import contextlib" + HYPOTHESIS.format(part=part, no_phase=phase),
        *("-p", "_hypothesis_pytestplugin"),
    )

    assert done.code == 1
    assert list(done.outcomes().values()) == ["passed", "failed", "passed"]
    no_id_comes_twice(done, tests=3)
    examples = [span for span in done.run().spans() if span.name == "example"]
    assert len(done.noted) >= 75
    assert len(examples) == len(done.noted) * has_step


def test_seeded_by_a_session(beside: Any) -> None:
    """Seeded by a session fixture and by each test: the suite draws as without us."""
    done = beside("""
        import random
        import numpy
        import pytest
        from otel_testkit import step
        from ledger import note

        @pytest.fixture(autouse=True, scope="session")
        def seeded():
            random.seed(5)
            numpy.random.seed(5)

        @pytest.mark.parametrize("number", range(20))
        def test_it(number):
            with step("a"):
                note((random.random(), random.sample(range(99), 3)))
                note(numpy.random.rand(2).tolist())
    """)

    assert done.code == 0
    no_id_comes_twice(done, tests=20)
