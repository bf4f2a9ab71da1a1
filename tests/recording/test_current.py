"""
What is current for us is what is current for everybody.
"""

from __future__ import annotations

import pytest

from opentelemetry import context as context_api
from opentelemetry.context import Context

from otel_testkit.recording import current


def test_what_we_attach_is_current_for_the_api() -> None:
    """
    Somebody who asks the API gets what was attached past it, and the other way.
    """
    before = context_api.get_current()
    ours, theirs = Context({"whose": "ours"}), Context({"whose": "theirs"})
    try:
        current.attach(ours)
        assert context_api.get_current() is ours

        context_api.attach(theirs)
        assert current.get_current() is theirs
    finally:
        context_api.attach(before)


@pytest.mark.parametrize("runtime", [None, object()])
def test_a_runtime_that_is_not_known_is_asked_through_the_api(
    monkeypatch: pytest.MonkeyPatch, runtime: object
) -> None:
    """
    Where the context is kept elsewhere, or nowhere yet, nothing is taken for it.
    """
    monkeypatch.setattr(context_api, "_RUNTIME_CONTEXT", runtime)

    assert current._variable() is None
