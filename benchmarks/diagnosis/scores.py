"""
Scores of a classification: what they are worth, and where it is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guess:
    """
    One row: its *label*, what we said instead or alike, and how sure we were.
    """

    name: str
    service: str
    label: str
    said: str
    is_transient: bool
    said_transient: bool
    confidence: str
    excerpt: str
    told_by: str = ""

    @property
    def is_right(self) -> bool:
        return self.label == self.said


def f1(guesses: Sequence[Guess], label: str) -> tuple[float, float, float]:
    """
    Give precision, recall and their harmonic mean for *label*.
    """
    hits = sum(one.is_right and one.label == label for one in guesses)
    said = sum(one.said == label for one in guesses)
    there = sum(one.label == label for one in guesses)
    precision = hits / said if said else 0.0
    recall = hits / there if there else 0.0
    both = precision + recall

    return precision, recall, 2 * precision * recall / both if both else 0.0


def macro_f1(guesses: Sequence[Guess], *, least: int) -> float:
    """
    Average the F1 of all labels that have at least *least* rows.
    """
    counts = Counter(one.label for one in guesses)
    labels = [label for label, count in counts.items() if count >= least]

    return sum(f1(guesses, label)[2] for label in labels) / len(labels)


def transience(guesses: Sequence[Guess]) -> tuple[float, float]:
    """
    Give recall and precision of "this passes by itself".
    """
    hits = sum(one.is_transient and one.said_transient for one in guesses)
    there = sum(one.is_transient for one in guesses)
    said = sum(one.said_transient for one in guesses)

    return hits / max(there, 1), hits / max(said, 1)


def print_scores(title: str, guesses: Sequence[Guess], *, least: int = 5) -> None:
    """
    Print the figures of a set, and what was confused with what.
    """
    right = sum(one.is_right for one in guesses)
    recall, precision = transience(guesses)
    wrong = [one for one in guesses if one.confidence == "certain" and not one.is_right]
    certain = sum(one.confidence == "certain" for one in guesses)
    print(
        f"\n{title}: {len(guesses)} rows, {len({g.service for g in guesses})} services"
    )
    print(f"  accuracy {right / len(guesses):.3f}", end="")
    print(f"   macro-F1 {macro_f1(guesses, least=least):.3f} (labels of {least}+ rows)")
    print(f"  transient: recall {recall:.3f}, precision {precision:.3f}")
    print(f"  certain: {certain}, of these wrong: {len(wrong)}")
    for one in wrong:
        print(f"    ! {one.name} {one.label} called {one.said}: {one.excerpt[:90]}")

    print(
        f"\n  {'label':22} {'rows':>4} {'prec.':>6} {'recall':>6} {'F1':>6}  confused with"
    )
    counts = Counter(one.label for one in guesses)
    for label, count in counts.most_common():
        figures = "".join(f" {figure:6.2f}" for figure in f1(guesses, label))
        others = Counter(
            one.said for one in guesses if one.label == label and not one.is_right
        )
        confused = ", ".join(f"{said} {times}" for said, times in others.most_common(6))
        print(f"  {label:22} {count:4}{figures}  {confused}")


def print_misses(guesses: Sequence[Guess], most: int = 10) -> None:
    """
    Print the *most* worst misses: the surer and the more misleading, the worse.
    """
    sureness = {"certain": 3, "likely": 2, "possible": 1}
    misses = [one for one in guesses if not one.is_right]
    misses.sort(
        key=lambda one: (
            one.is_transient != one.said_transient,
            sureness.get(one.confidence, 0),
        ),
        reverse=True,
    )
    print(f"\n  the worst of {len(misses)} misses")
    for one in misses[:most]:
        print(f"    {one.name} {one.service}: {one.label} called {one.said}", end="")
        print(f" ({one.confidence}, by {one.told_by!r})\n      {one.excerpt[:160]}")
