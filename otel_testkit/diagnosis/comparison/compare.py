"""
What failing attempts of a test have that passing ones have not.

All that differs is ranked, and claimed only as far as the counts carry: a single
failing attempt proves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from otel_testkit import semconv
from otel_testkit.diagnosis.bodies import steady
from otel_testkit.diagnosis.comparison import evidence
from otel_testkit.diagnosis.comparison.alignment import align
from otel_testkit.diagnosis.comparison.difference import Comparison, Difference
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind, Predicate
from otel_testkit.diagnosis.comparison.predicates import around, predicates
from otel_testkit.diagnosis.comparison.ranking import Habits, Trial, ochiai, rank
from otel_testkit.diagnosis.significance import more_failing, more_passing
from otel_testkit.trace.model import Attempt, Span


_PRECEDING: Final = "preceding test"
_KINDS: Final = {
    _PRECEDING: DifferenceKind.PRECEDING,
    semconv.WORKER: DifferenceKind.WORKER,
}
# They name the run; they say nothing of the world around it.
_NO_WORLD: Final = frozenset(
    {
        semconv.CI_ATTEMPT,
        semconv.CI_RUN_NUMBER,
        semconv.CICD_PIPELINE_RUN_ID,
        semconv.CICD_PIPELINE_RUN_URL,
        semconv.CICD_PIPELINE_TASK_RUN_ID,
        semconv.CICD_PIPELINE_TASK_RUN_URL,
    }
)
_HALF: Final = 0.5
_MOST_EVIDENCE: Final = 8
_MOST_VALUES: Final = 5


def compare(
    failing: Sequence[Attempt],
    passing: Sequence[Attempt],
    *,
    preceding: Mapping[str, str] | None = None,
) -> Comparison:
    """
    Lay *failing* attempts of a case beside *passing* ones. *preceding* names, by the
    trace of an attempt, the test that ran before it in the same process.
    """
    if not failing or not passing:
        return Comparison(
            failing=len(failing), passing=len(passing), differences=(), consequences=()
        )

    trial = Trial(passing, failing)
    root = align(trial.attempts)
    worlds = [_world(attempt, preceding or {}) for attempt in trial.attempts]
    found = [*predicates(root, trial.attempts), *around(worlds, _KINDS)]

    real: list[Predicate] = []
    late: list[Predicate] = []
    for one in found:
        (late if trial.is_late(one) else real).append(one)
    shares = trial.false_shares(one.holds for one in real)
    differences = _differences(real, trial, shares)
    needed: tuple[int | None, int | None] = None, None
    if differences and not any(one.is_proved for one in differences):
        needed = _needed(differences[0], shares)

    return Comparison(
        failing=len(failing),
        passing=len(passing),
        differences=differences,
        consequences=_differences(late, trial, {}),
        more_failing=needed[0],
        more_passing=needed[1],
    )


def _differences(
    found: Sequence[Predicate], trial: Trial, shares: Mapping[int, float]
) -> tuple[Difference, ...]:
    """
    Rank what of *found* goes with the failures, one difference a place.
    """
    habits = Habits(found, trial)
    ranked = sorted(
        (
            (rank(predicate, trial, habits), predicate)
            for predicate in found
            if _goes_with_failure(predicate, trial)
        ),
        key=lambda pair: pair[0],
    )
    groups: dict[int, int] = {}
    heads: list[list[Predicate]] = []
    # Those in which one may be, by the attempts and by the place.
    alike: dict[object, list[list[Predicate]]] = {}
    for _, predicate in ranked:
        groups.setdefault(predicate.holds, len(groups) + 1)
        at = predicate.place or predicate.name
        here = (*alike.get(at, ()), *alike.get(predicate.holds, ()))
        head = next((head for head in here if _is_at(predicate, head[0])), None)
        if head is None:
            head = []
            heads.append(head)
            alike.setdefault(predicate.holds, []).append(head)
            alike.setdefault(at, []).append(head)
        head.append(predicate)

    return tuple(
        replace(first, also=tuple(also))
        for first, *also in (
            [
                _difference(one, trial, groups[one.holds], shares.get(one.holds, 1.0))
                for one in head
            ]
            for head in heads
        )
    )


def _goes_with_failure(predicate: Predicate, trial: Trial) -> bool:
    failing, passing = trial.shown(predicate.holds)
    if failing * trial.passing <= passing * trial.failing:
        return False

    # What comes out so half of the time by itself is no difference.
    return not passing or trial.chance(predicate.holds) < _HALF


def _is_at(predicate: Predicate, head: Predicate) -> bool:
    """
    Tell whether *predicate* is about the same place as *head*, or one that it is
    inside of, steps of the test apart.
    """
    place, other = predicate.place, head.place
    if place is None or other is None:
        return place is other and predicate.name == head.name
    if DifferenceKind.ORDER in (predicate.kind, head.kind):
        mine = {id(one) for one in (place, predicate.other) if one}
        return any(id(one) in mine for one in (other, head.other) if one)

    return (place.is_in(other) and not other.is_of_test) or (
        other.is_in(place) and not place.is_of_test
    )


def _difference(predicate: Predicate, trial: Trial, group: int, q: float) -> Difference:
    failing, passing = trial.shown(predicate.holds)
    spans: list[Span] = []
    first: Attempt | None = None
    time = 0
    for index in trial.failing_in(predicate.holds):
        attempt = trial.attempts[index]
        spans += evidence.spans_of(predicate, index, attempt)[:_MOST_EVIDENCE]
        if first is None:
            first = attempt
            time = evidence.divergence(predicate, index, attempt)
    place = predicate.place

    return Difference(
        kind=predicate.kind,
        place=place.name if place else predicate.name,
        path=place.path if place else (),
        name=predicate.other.name if predicate.other else predicate.name,
        failing_value=_failing_value(predicate, trial),
        passing_values=_passing_values(predicate, trial),
        evidence=tuple(span.span_id for span in spans[:_MOST_EVIDENCE]),
        time=time / 1e9,
        failing=failing,
        of_failing=trial.failing,
        passing=passing,
        of_passing=trial.passing,
        score=ochiai(predicate, trial),
        p=trial.chance(predicate.holds),
        q=q,
        group=group,
    )


def _failing_value(predicate: Predicate, trial: Trial) -> str:
    if not predicate.sizes:
        return predicate.value

    index = next(trial.failing_in(predicate.holds))

    return predicate.values.get(index, predicate.value)


def _passing_values(predicate: Predicate, trial: Trial) -> tuple[str, ...]:
    """
    Give what the passing attempts have that do not show *predicate*, the most
    frequent first; of what is measured, the least and the most.
    """
    others = [
        index
        for index in sorted(predicate.values)
        if index < trial.passing and not predicate.holds >> index & 1
    ]
    if others and predicate.sizes:
        others.sort(key=predicate.sizes.__getitem__)
        others = [others[0], others[-1]]

    values = [predicate.values[index] for index in others]
    if predicate.sizes:
        return tuple(dict.fromkeys(values))

    counted = Counter(values)

    return tuple(value for value, _ in counted.most_common(_MOST_VALUES))


def _needed(first: Difference, tried: Iterable[int]) -> tuple[int | None, int | None]:
    """
    Tell how many more failing, or how many more passing attempts would prove *first*.
    """
    counts = first.failing, first.of_failing, first.passing, first.of_passing
    half = (first.of_failing + first.of_passing) / 2
    # What most attempts show is not what fails a few of them.
    hypotheses = max(1, sum(holds.bit_count() <= half for holds in tried))

    return more_failing(*counts, hypotheses), more_passing(*counts, hypotheses)


def _world(attempt: Attempt, preceding: Mapping[str, str]) -> dict[str, str]:
    world = {
        name: steady(str(value))
        for name, value in attempt.tags.items()
        if name not in _NO_WORLD
    }
    if before := preceding.get(attempt.trace_id):
        world[_PRECEDING] = before

    return world
