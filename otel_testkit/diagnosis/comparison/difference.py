"""
What a comparison says, and how it says it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from otel_testkit.diagnosis.comparison.predicate import DifferenceKind
from otel_testkit.diagnosis.significance import LEVEL
from otel_testkit.diagnosis.wording import between


_SMALL: Final = 0.001
_MEASURED: Final = frozenset(
    {
        DifferenceKind.SLOW,
        DifferenceKind.FAST,
        DifferenceKind.WAIT,
        DifferenceKind.MORE,
        DifferenceKind.FEWER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    Something that failing attempts show and passing ones do not, or less often.

    *place* says where, *path* by which way, *name* of what; *failing_value* is what
    failing attempts have there, *passing_values* what the passing ones have.
    *evidence* holds ids of spans of failing attempts, the most telling one first;
    *time* the seconds from the start of the first of them to the difference.

    *failing* of *of_failing* attempts show it, and *passing* of *of_passing*: the
    score is Ochiai's, *p* Fisher's, *q* what is left of it among so many
    differences. Those of one *group* are seen in the same attempts, so that no count
    tells them apart; *also* are those of them at the same place.
    """

    kind: DifferenceKind
    place: str
    path: tuple[str, ...]
    name: str
    failing_value: str
    passing_values: tuple[str, ...]
    evidence: tuple[str, ...]
    time: float
    failing: int
    of_failing: int
    passing: int
    of_passing: int
    score: float
    p: float
    q: float
    group: int
    also: tuple[Difference, ...] = field(default=(), repr=False)

    @property
    def is_proved(self) -> bool:
        """
        Whether it can be told from chance.
        """
        return self.q <= LEVEL

    @property
    def counts(self) -> str:
        """
        How often it is seen: `in 4 of 4 failing attempts, in 0 of 37 passing ones`,
        and by which chance, where one can be told.
        """
        one_fails, one_passes = self.of_failing == 1, self.of_passing == 1
        failing = (
            "in the failing attempt"
            if one_fails
            else f"in {self.failing} of {self.of_failing} failing attempts"
        )
        passing = (
            f"{'in' if self.passing else 'not in'} the passing one"
            if one_passes
            else f"in {self.passing} of {self.of_passing} passing ones"
        )
        if one_fails:
            return f"{failing}, {passing}"

        chance = f"= {self.p:.3f}" if self.p >= _SMALL else f"< {_SMALL}"

        return f"{failing}, {passing} (p {chance})"

    @property
    def statement(self) -> str:
        """
        The difference in one sentence.
        """
        # Of the world around the test, the place is what is told.
        place = "" if self.place == self.name else f"{self.place}: "

        return f"{place}{self._said()}; {self.counts}"

    def _said(self) -> str:
        passing = self._passing()
        match self.kind:
            case DifferenceKind.RECOVERED | DifferenceKind.ERROR if (
                not self.passing_values
            ):
                return f"{self.failing_value}, where passing attempts never come"
            case DifferenceKind.RECOVERED:
                return f"{self.failing_value} before {passing}"
            case DifferenceKind.ERROR | DifferenceKind.STATUS:
                return f"{self.failing_value} instead of {passing}"
            case DifferenceKind.WAIT:
                return f"its own code took {self.failing_value} instead of {passing}"
            case _ if self.kind in _MEASURED:
                return f"{self.failing_value} instead of {passing}"
            case DifferenceKind.MISSING:
                return "does not come"
            case DifferenceKind.EXTRA:
                return "comes in addition"
            case DifferenceKind.ORDER:
                return f"comes {self.failing_value} the end of {self.name}"

        return f"{self.name} is {self.failing_value} instead of {passing}"

    def _passing(self) -> str:
        first, *more = self.passing_values or ("nothing",)
        if not more:
            return first
        if self.kind in _MEASURED:
            return between(first, more[-1])

        return f"{first} (or {len(more)} other value{'' if len(more) == 1 else 's'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    So many *failing* and *passing* attempts, laid side by side. *differences* come
    with the most likely culprit first; *consequences* are what came of the failure:
    what the test did not do any more, or did after it.

    Where nothing is proved yet, the first difference would be, if it holds, after so
    many *more_failing* attempts, or so many *more_passing* ones; None where no number
    helps.
    """

    failing: int
    passing: int
    differences: tuple[Difference, ...]
    consequences: tuple[Difference, ...] = field(repr=False)
    more_failing: int | None = None
    more_passing: int | None = None

    @property
    def is_proved(self) -> bool:
        """
        Whether any difference can be told from chance.
        """
        return any(difference.is_proved for difference in self.differences)

    @property
    def needs(self) -> str:
        """
        What it takes to tell the first difference from chance; "" where it can be.
        """
        if self.is_proved:
            return ""
        if not self.passing:
            return "needs a passing run to be compared with"
        if not self.differences:
            return "no difference was found"

        ways = [
            f"{more} more {kind} run{'' if more == 1 else 's'}"
            for more, kind in (
                (self.more_failing, "failing"),
                (self.more_passing, "passing"),
            )
            if more is not None
        ]

        return f"needs {' or '.join(ways)} to be told from chance" if ways else ""
