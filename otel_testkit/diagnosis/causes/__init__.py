"""
The rules: each looks at one attempt for the signs of one kind of cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from otel_testkit.diagnosis.causes import (
    answers,
    bodies,
    caches,
    endings,
    listings,
    races,
    slowness,
    state,
)
from otel_testkit.diagnosis.scene import Lead, Scene


Rule = Callable[[Scene], Iterator[Lead]]

RULES: Final[tuple[Rule, ...]] = (
    answers.failed_calls,
    answers.unseen_retries,
    races.poll_that_ran_out,
    races.read_after_write,
    races.inverted_order,
    listings.list_without_the_new,
    endings.exception,
    endings.waiting,
    slowness.slower_than_ever,
    slowness.longer_than_allowed,
    bodies.unreadable_answer,
    bodies.missing_key,
    bodies.new_field,
    caches.stale_answer,
    state.left_over,
    state.order_of_items,
    state.clock,
)
"""
All rules; a finding of one does not keep the others from theirs.
"""
