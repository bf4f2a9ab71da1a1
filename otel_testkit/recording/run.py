"""
One invocation of a runner or a script: where its records go, and its end.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import stat
import sys

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from otel_testkit import errors, semconv
from otel_testkit.recording.clock import now
from otel_testkit.settings import RUN_VARIABLE, Settings
from otel_testkit.store import layout
from otel_testkit.store.append import RunWriter
from otel_testkit.store.disk import disk
from otel_testkit.store.encode import attribute_list
from otel_testkit.store.header import write_header


if TYPE_CHECKING:
    from otel_testkit.delivery.destination import Destinations
    from otel_testkit.delivery.launch import Delivery
    from otel_testkit.delivery.receipt import Receipt
    from otel_testkit.masking import Masker


farewells: Final[list[Callable[[str, Settings], None]]] = []
"""
Called with a run's folder and the settings when its process ends.
"""


class Run:
    """
    The run that this process belongs to.

    A process whose parent has one joins it: the folder is handed down in the
    environment. A folder of its own is made with the first record.
    """

    def __init__(
        self, settings: Settings, masker: Masker, project: str, *, join: bool
    ) -> None:
        # Paid by who records, not by who imports; and now, since the folder may
        # have to be made where nothing can be imported any more.
        import shlex  # noqa: PLC0415

        handed = os.environ.get(RUN_VARIABLE, "")
        self._is_joined = os.path.isdir(handed) and (
            join or _lies_in(handed, settings.directory)
        )
        self.id: Final = os.path.basename(handed) if self._is_joined else _new_id()
        self.directory: Final = settings.directory
        self.settings = settings
        self.resource: Mapping[str, Any] = {}
        self._command = masker.text(shlex.join(_command(sys.orig_argv)))
        self._project = project
        self._owner: int | None = None
        self._delivery: Delivery | None = None
        spare = _spare_directory()
        self.writer: Final = RunWriter(
            [lambda: handed]
            if self._is_joined
            else [
                lambda: self._create(settings.directory),
                lambda: self._create(_own_folder(spare)),
            ]
        )

    def deliver(self, to: Destinations) -> list[str]:
        """
        Have the run sent to the endpoints of *to*, from now on; nowhere if there
        are none. Gives what is wrong with that: one that is under way goes on.
        """
        if self._delivery is not None and self._delivery.is_under_way:
            is_other = self._delivery.to != to
            return ["the run is being sent already, to where it began"] * is_other
        if not to or self._is_joined:
            self._delivery = None
            return []

        from otel_testkit.delivery.launch import Delivery  # noqa: PLC0415  # as above

        self._delivery = Delivery(to, self.settings)
        if self._owner == os.getpid() and self.writer.folder is not None:
            self._delivery.start(self.writer.folder)

        return []

    def conclude(self) -> None:
        """
        Let what is left be sent, while something else is done at the end.
        """
        if self._delivery is not None and self._owner == os.getpid():
            self._delivery.dismiss()

    def take_receipt(self) -> Receipt | None:
        """
        Wait for what can still be delivered, and say what has become of it: once,
        for it is told once. None where nothing was to be delivered.
        """
        delivery, self._delivery = self._delivery, None
        if delivery is None or self._owner != os.getpid():
            return None

        return delivery.receipt()

    @errors.never_raises("store", "the store was not tidied")
    def finish(self) -> None:
        """
        Say at the end of the process what there is to say, and tidy up.
        """
        is_owner = self._owner == os.getpid()
        folder = self.writer.folder
        if is_owner and folder is not None:
            self.conclude()
            for farewell in farewells:
                with contextlib.suppress(Exception):
                    farewell(folder, self.settings)
            self._tell_receipt()

        if is_owner or self.writer.lost:
            _tell_troubles(self.writer.lost)
        if not is_owner or folder is None:
            return

        layout.prune(
            os.path.dirname(os.path.dirname(folder)),
            keep=self.settings.keep_runs,
            max_bytes=self.settings.keep_megabytes * 1_000_000,
            spare=folder,
        )

    def _tell_receipt(self) -> None:
        receipt = self.take_receipt()
        if receipt is not None and (
            text := receipt.trouble_text(self.writer.folder or self.id)
        ):
            errors.trouble("delivery", text)

    def _create(self, directory: str) -> str:
        folder = layout.create_run_folder(directory, self.id)
        write_header(
            folder,
            {
                "run": self.id,
                "start": str(now()),
                "command": self._command,
                "directory": self._project,
                "python": platform.python_version(),
                "testkit": semconv.VERSION,
                "resource": json.loads(f"[{attribute_list(self.resource)}]"),
            },
        )
        self._owner = os.getpid()
        # A test may have put anything in its place.
        with contextlib.suppress(Exception):
            os.environ[RUN_VARIABLE] = folder
        if self._delivery is not None:
            self._delivery.start(folder)

        return folder


def _command(words: list[str]) -> list[str]:
    """
    Give the command line as it would be typed: without the interpreter's
    folder, and without the interpreter where a command beside it was run.
    """
    folder = os.path.dirname(sys.executable)
    if folder and len(words) > 1 and os.path.dirname(words[1]) == folder:
        words = words[1:]

    return [os.path.basename(words[0]), *words[1:]] if words else []


def _new_id() -> str:
    seconds, nanoseconds = divmod(now(), 1_000_000_000)
    start = datetime.fromtimestamp(seconds, UTC)
    # The fraction of the second: runs sort by age, and hardly two are alike.
    fraction = nanoseconds * 0x10000 // 1_000_000_000

    return f"{start:%Y-%m-%dT%H-%M-%S}-{fraction:04x}"


def _lies_in(folder: str, directory: str) -> bool:
    return os.path.abspath(folder).startswith(os.path.join(directory, ""))


def _spare_directory() -> str:
    user = os.geteuid() if hasattr(os, "geteuid") else "user"

    given = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))

    # `tempfile` would try them out, which costs milliseconds, at every start.
    return os.path.join(next(filter(None, given), "/tmp"), f"otel-testkit-{user}")  # noqa: S108  # of this user alone


def _own_folder(path: str) -> str:
    """
    Make the folder *path*, where everybody can, for this user alone.
    """
    disk.make_folders(path, 0o700)
    status = disk.lstat(path)
    if hasattr(os, "geteuid") and (
        status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode)
    ):
        raise PermissionError(errno.EPERM, "it is somebody else's", path)

    return path


def _tell_troubles(lost: int) -> None:
    lines = errors.troubles()
    if lost:
        lines.append(f"{lost} records were not kept (lost)")

    for line in lines:
        with contextlib.suppress(Exception):
            print(f"otel-testkit: {line}", file=sys.stderr)  # noqa: T201  # after the last test
