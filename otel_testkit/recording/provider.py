"""
One tracer provider, added to and never replaced.

Our own spans come from a provider of ours, which no sampler, no limit and no
`shutdown` of a test can reach; `relay` joins it with those of the program.
"""

from __future__ import annotations

import atexit
import copy
import dataclasses
import os
import threading

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context, trace

from otel_testkit import errors, semconv
from otel_testkit.delivery.destination import destinations
from otel_testkit.recording.recorder import Recorder
from otel_testkit.recording.relay import Relay
from otel_testkit.recording.run import Run
from otel_testkit.recording.sdk import (
    ALWAYS_ON,
    NO_LIMITS,
    Ids,
    OwnProvider,
    Resource,
    SpanProcessor,
    Tracer,
    TracerProvider,
)
from otel_testkit.recording.values import masked_values
from otel_testkit.settings import Settings, resolve, resource_attributes
from otel_testkit.store import layout
from otel_testkit.store.layout import project_root


if TYPE_CHECKING:
    from otel_testkit.masking import Masker


@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """
    What a test span needs to begin: all of it stays the same until the next
    `configure()`.
    """

    settings: Settings
    project: str
    masker: Masker
    run: Run
    recorder: Recorder
    provider: TracerProvider
    relay: Relay
    # Of test spans, and of all that is a part of a test.
    tracer: Tracer
    part_tracer: Tracer
    # The recorder and whoever the user has added.
    listeners: Any
    # What the process was started in, by `TRACEPARENT`.
    started_in: trace.SpanContext | None


preparations: Final[list[Callable[[Settings], None]]] = []
"""
Called whenever it is known, or known anew, what is to be recorded.
"""

_current: Recording | None = None
_runs: Final[list[Run]] = []
# Reentrant: a tag may have a `__str__` that begins a test.
_configuring = threading.RLock()


def configure(
    *,
    enabled: bool | None = None,
    directory: str | os.PathLike[str] | None = None,
    service_name: str | None = None,
    tags: Mapping[str, Any] | None = None,
    traceparent: str | None = None,
    capture: str | None = None,
    capture_include: Iterable[str] | None = None,
    capture_exclude: Iterable[str] | None = None,
    capture_without: Iterable[str] | None = None,
    max_body_bytes: int | None = None,
    max_calls: int | None = None,
    max_bodies_megabytes: int | None = None,
    logs: bool | None = None,
    max_logs: int | None = None,
    propagate: bool | None = None,
    peers: Mapping[str, str] | None = None,
    mask_keys: Iterable[str] | None = None,
    mask_allow: Iterable[str] | None = None,
    mask_patterns: Iterable[str] | None = None,
    show: str | None = None,
    report: bool | str | os.PathLike[str] | None = None,
    github_summary: bool | None = None,
    endpoint: str | None = None,
    send: str | None = None,
    send_open: bool | None = None,
    send_seconds: float | None = None,
    slow_seconds: float | None = None,
    keep_runs: int | None = None,
    keep_megabytes: int | None = None,
    span_processors: Iterable[SpanProcessor] = (),
) -> None:
    """
    Set how tests are recorded. Without a call, the first test span does it with
    what the environment, `pyproject.toml` and the defaults say.

    Another call changes settings and adds *span_processors*; what it leaves out
    is as if it had never been set, but for the *directory*, which stays. Another
    one begins another run.

    A bad value counts as not given and is warned of, by the setting's name.
    """
    keywords = dict(locals())
    processors = keywords.pop("span_processors")
    with _configuring:
        recording, problems = _configure(keywords)
    recording.relay.add(processors)
    if recording.relay.is_needed:
        for tracer in (recording.tracer, recording.part_tracer):
            tracer.span_processor = recording.listeners

    for problem in problems:
        errors.warn("setting", problem)


def recording() -> Recording | None:
    """
    Give what a test span needs, or None where recording is switched off.
    """
    current = _current or _configured()
    if not current.settings.enabled:
        return None

    if current.run.writer.folder is None:
        current.run.writer.start(*[layout.LOGS] * current.settings.logs)
    else:
        current.run.writer.start_anew_if_removed()
    current.relay.follow(current.recorder)

    return current


@errors.never_raises("setting", "nothing was prepared")
def prepare() -> None:
    """
    Get ready, but for what is written: a test that is about to run may already
    have replaced the clock, the environment or the whole file system.
    """
    if _current is None:
        _configured()


def _configured() -> Recording:
    with _configuring:
        if _current is not None:
            # Another thread was here first.
            return _current

        current, problems = _configure({})

    if problems:
        # Said at the end: here a test is about to run.
        errors.trouble("setting", "; ".join(problems))

    return current


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        # It was removed under our feet.
        return os.path.abspath(os.sep)


def _configure(keywords: Mapping[str, Any]) -> tuple[Recording, list[str]]:
    global _current  # noqa: PLW0603  # a process has one recording

    # Costs milliseconds: paid by who records, not by who imports.
    from otel_testkit.masking import (  # noqa: PLC0415
        Masker,
        secret_environment_values,
    )

    project = project_root(_working_directory())
    settings, problems = resolve(keywords, os.environ, project)
    masker = Masker(
        keys=settings.mask_keys,
        allow=settings.mask_allow,
        patterns=settings.mask_patterns,
        secrets=secret_environment_values(os.environ),
    )

    previous = _current
    is_moved = keywords.get("directory") is not None
    if previous is not None and (
        not is_moved or previous.run.directory == settings.directory
    ):
        run = previous.run
        run.settings = settings
    else:
        run = Run(settings, masker, project, join=not is_moved)
        _runs.append(run)

    run.resource = _resource_attributes(settings, project, run.id, masker)
    to, more_problems = destinations(settings, os.environ)
    problems += more_problems
    problems += run.deliver(to if settings.enabled else {})
    if settings.enabled:
        for prepare_for in preparations:
            prepare_for(settings)
    if previous is None:
        _current = _begin(settings, project, masker, run)
    else:
        previous.recorder.writer = run.writer
        previous.recorder.masker = masker
        previous.recorder.is_on = settings.enabled
        _set_resource(previous, run.resource)
        _current = dataclasses.replace(
            previous,
            settings=settings,
            project=project,
            masker=masker,
            run=run,
            started_in=_started_in(os.environ.get("TRACEPARENT", "")),
        )

    return _current, problems


def _begin(settings: Settings, project: str, masker: Masker, run: Run) -> Recording:
    # Older versions load their context with its first use: by then a test may
    # have put a file system of its own before the real one.
    context.get_current()

    recorder = Recorder(run.writer, masker)
    recorder.is_on = settings.enabled
    ids = Ids()
    provider = OwnProvider(
        sampler=ALWAYS_ON,
        resource=Resource(run.resource),
        shutdown_on_exit=False,
        id_generator=ids,
        span_limits=NO_LIMITS,
    )
    provider.add_span_processor(recorder)
    relay = Relay(provider)

    def after_fork() -> None:
        global _configuring  # noqa: PLW0603  # it may have been held
        _configuring = threading.RLock()
        ids.reseed()
        recorder.after_fork()
        for begun_run in _runs:
            begun_run.writer.forget_files()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=after_fork)
    atexit.register(_at_exit, os.getpid())

    tracer: Any = provider.get_tracer(semconv.SCOPE, semconv.VERSION)
    listeners = tracer.span_processor
    # Alone it needs no list of listeners, which costs a microsecond a span.
    tracer.span_processor = recorder
    begun = Recording(
        settings=settings,
        project=project,
        masker=masker,
        run=run,
        recorder=recorder,
        provider=provider,
        relay=relay,
        tracer=tracer,
        part_tracer=copy.copy(tracer),
        listeners=listeners,
        started_in=_started_in(os.environ.get("TRACEPARENT", "")),
    )
    _set_resource(begun, run.resource)

    return begun


def _at_exit(pid: int) -> None:
    if _current is None:
        return

    if os.getpid() == pid:
        _current.relay.shutdown_added()
    for run in _runs:
        run.conclude()
    # Nothing is closed: what a program does after this is still recorded.
    for run in _runs:
        if _current.recorder.is_idle:
            run.writer.discard(layout.OPEN)
        run.writer.discard_empty(layout.LOGS)
        run.finish()


def _set_resource(recording: Recording, attributes: Mapping[str, Any]) -> None:
    recording.tracer.resource = Resource(attributes)
    recording.part_tracer.resource = Resource(attributes)
    recording.recorder.shorten(recording.part_tracer.resource)


def _started_in(traceparent: str) -> trace.SpanContext | None:
    """
    Read a W3C *traceparent*; None where it does not have its form.
    """
    try:
        _, trace_id, span_id, flags = traceparent.strip().split("-")[:4]
        found = trace.SpanContext(
            int(trace_id, 16),
            int(span_id, 16),
            is_remote=True,
            trace_flags=trace.TraceFlags(int(flags, 16)),
        )
    except ValueError:
        return None

    return found if found.is_valid else None


def _resource_attributes(
    settings: Settings, project: str, run_id: str, masker: Masker
) -> dict[str, Any]:
    """
    Collect what is true of the whole run, what is nearer to the user last.
    """
    from otel_testkit.recording.tags.ci import (  # noqa: PLC0415  # as above
        ci_tags,
        worker_tag,
    )
    from otel_testkit.recording.tags.git import git_tags  # noqa: PLC0415

    git, ci = git_tags(project), ci_tags(os.environ)
    if semconv.CI_TESTED_REVISION in ci:
        # What is checked out is a merge made for the change, not its head.
        git.pop(semconv.VCS_REF_HEAD_REVISION, None)

    attributes: dict[str, Any] = {
        semconv.SERVICE_NAME: settings.service_name,
        **git,
        **ci,
        **worker_tag(os.environ),
        **resource_attributes(os.environ),
        **settings.tags,
        semconv.RUN_ID: run_id,
    }
    if os.environ.get("OTEL_SERVICE_NAME") or settings.service_name != "tests":
        attributes[semconv.SERVICE_NAME] = settings.service_name

    return masked_values(attributes, masker)
