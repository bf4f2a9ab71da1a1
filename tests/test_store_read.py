"""
Reading what other processes left: whole, torn, foreign or garbage.
"""

from __future__ import annotations

import json

from pathlib import Path
from typing import Any

import pytest

from hypothesis import HealthCheck, given, settings, strategies as st

from otel_testkit.errors import UnreadableRun
from otel_testkit.store import decode
from otel_testkit.store.find import find_run
from otel_testkit.store.read import holds_tests, read_run


IDS = {"traceId": "a" * 32, "spanId": "b" * 16}


def record(*spans: Any) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


class TestReadRun:
    def test_whole_folder(self, failing_run):
        """
        Spans come from all files of a run, with their resource and scope.
        """
        failing_run.write()
        other = failing_run.path / "traces.8-bb.jsonl"
        other.write_text(json.dumps(record(IDS)) + "\n")

        run = read_run(str(failing_run.path))

        assert 14 == len(run.spans)
        assert 0 == run.damaged
        assert "otel_testkit" == run.spans[0].scope
        assert "main" == run.spans[0].resource["vcs.ref.head.name"]

    def test_torn_line(self, failing_run):
        """
        A line that a dying process left half written is counted, and costs no other.
        """
        failing_run.write()
        file = failing_run.path / "traces.7-aa.jsonl"
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(lines[0][:100] + b"\n" + b"".join(lines[1:])[:-40])

        run = read_run(str(failing_run.path))

        assert 2 == run.damaged
        # The two are still known from when they were opened.
        assert 13 == len(run.spans)
        assert 2 == sum(span.end is None for span in run.spans)

    def test_opened_spans_know_the_run(self, run_folder):
        """
        Spans that were only opened have the resource of the run's header.
        """
        run_folder.test("test_hangs", end=None)

        (span,) = read_run(run_folder.write()).spans

        assert "main" == span.resource["vcs.ref.head.name"]

    def test_single_file(self, failing_run):
        """
        A file of OTLP/JSON lines can be read without a run around it.
        """
        failing_run.write()

        run = read_run(str(failing_run.path / "traces.7-aa.jsonl"))

        assert ({}, 13) == (run.header, len(run.spans))

    def test_tests_only(self, failing_run):
        """
        On request nothing but the test spans is read.
        """
        run = read_run(failing_run.write(), tests_only=True)

        assert 3 == len(run.spans)
        assert all("test.case.name" in span.attributes for span in run.spans)

    def test_other_signals_are_no_damage(self, tmp_path):
        """
        Lines of logs and metrics, and empty ones, are passed over.
        """
        file = tmp_path / "all.jsonl"
        file.write_text('{"resourceLogs": []}\n\n{"resourceMetrics": [{}]}\n')

        run = read_run(str(file))

        assert (0, 0) == (len(run.spans), run.damaged)

    @pytest.mark.parametrize(
        "garbage",
        [
            b"\xff\xfe\x00",
            b"null",
            b"[]",
            b'"text"',
            b"1e999",
            b"9" * 5000,
            b"[" * 5000,
            b'{"resourceSpans": 3}',
            b'{"resourceSpans": [3]}',
            b'{"resourceSpans": [{"scopeSpans": {"a": 1}}]}',
            b'{"resourceSpans": [{"scopeSpans": [{"spans": [[]]}]}]}',
            b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 3}]}]}]}',
            b'{"resourceLogs": 3}',
            b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [3]}]}]}',
        ],
    )
    def test_garbage_is_counted(self, tmp_path, garbage):
        """
        Whatever else stands in a line is one damage, and its neighbours are read.
        """
        sound = json.dumps(record(IDS)).encode()
        file = tmp_path / "garbage.jsonl"
        file.write_bytes(sound + b"\n" + garbage + b"\n" + sound + b"\n")

        run = read_run(str(file))

        assert (2, 1) == (len(run.spans), run.damaged)

    def test_logs(self, failing_run):
        """
        Log records are read from files of their own, unless only tests are asked
        for, and hold no test, whatever they say.
        """
        failing_run.log("test.case.name", 0.5, "b" * 16, sku="a")
        path = failing_run.write()

        (log,) = read_run(path).logs

        assert ("test.case.name", "orders", 13) == (log.text, log.scope, log.severity)
        assert ("WARNING", {"sku": "a"}) == (log.level, log.attributes)
        assert {"service.name": "tests"} == log.resource
        assert [] == read_run(path, tests_only=True).logs

    def test_logs_alone_are_no_tests(self, run_folder):
        """
        A run with nothing but log records has no test in it.
        """
        run_folder.log("test.case.name", 0.5, None)

        assert not holds_tests(run_folder.write())

    def test_log_too_deep(self, run_folder, monkeypatch):
        """
        A record that is deeper than Python's stack is counted.
        """

        def too_deep(*_):
            raise RecursionError

        run_folder.log("said", 0.5, None)
        monkeypatch.setattr(decode, "log", too_deep)

        run = read_run(run_folder.write())

        assert (0, 1) == (len(run.logs), run.damaged)

    def test_logs_of_others(self, tmp_path):
        """
        One line may hold spans and log records, in numbers, names or words.
        """
        records = [
            {"body": {"stringValue": "a"}, "severityNumber": "SEVERITY_NUMBER_WARN"},
            {"body": {"intValue": "7"}, "severityNumber": "SEVERITY_NUMBER_INFO3"},
            {"severityText": "Error", "observedTimeUnixNano": 17, **IDS},
            {"body": {"kvlistValue": {}}, "severityNumber": 99, "severityText": 3},
            {"body": "a", "severityNumber": True, "traceId": "", "attributes": 3},
        ]
        line = record(IDS) | {
            "resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]
        }
        file = tmp_path / "all.jsonl"
        file.write_text(json.dumps(line))

        run = read_run(str(file))

        assert (1, 5, 0) == (len(run.spans), len(run.logs), run.damaged)
        assert ["a", "7", "", "{}", ""] == [log.text for log in run.logs]
        assert [13, 11, 17, 0, 0] == [log.severity for log in run.logs]
        assert [0, 0, 17, 0, 0] == [log.time for log in run.logs]
        assert ["b" * 16, None] == [log.span_id for log in run.logs[2:4]]

    def test_neighbours_in_one_line(self, tmp_path):
        """
        A bad span does not take the others of its line along.
        """
        file = tmp_path / "mixed.jsonl"
        file.write_text(json.dumps(record(IDS, 3, {"name": "no ids"}, IDS)))

        run = read_run(str(file))

        assert (2, 2) == (len(run.spans), run.damaged)

    def test_nothing_there(self, tmp_path):
        """
        A path without a run is said to be one.
        """
        with pytest.raises(UnreadableRun, match=r"there is no run at .*missing"):
            read_run(str(tmp_path / "missing"))

    def test_newer_format(self, run_folder):
        """
        A run of a newer format is refused, with the remedy.
        """
        run_folder.header["format"] = 99

        with pytest.raises(UnreadableRun, match="install a newer otel-testkit"):
            read_run(run_folder.write())

    @pytest.mark.parametrize("header", ["", "[]", "{", '{"resource": 7}'])
    def test_damaged_header(self, failing_run, header):
        """
        A run whose header is damaged is read without it.
        """
        failing_run.write()
        (failing_run.path / "run.json").write_text(header)

        assert 13 == len(read_run(str(failing_run.path)).spans)

    def test_holds_tests(self, failing_run, tmp_path):
        """
        A run without any test can be told from one with.
        """
        (tmp_path / "empty").mkdir()

        assert holds_tests(failing_run.write())
        assert not holds_tests(str(tmp_path / "empty"))


class TestDecode:
    def test_values(self):
        """
        Each kind of OTLP value becomes its Python value.
        """
        pairs = [
            {"key": "text", "value": {"stringValue": "a"}},
            {"key": "int", "value": {"intValue": "12"}},
            {"key": "plain int", "value": {"intValue": 12}},
            {"key": "float", "value": {"doubleValue": 0.5}},
            {"key": "infinite", "value": {"doubleValue": "Infinity"}},
            {"key": "bool", "value": {"boolValue": True}},
            {"key": "bytes", "value": {"bytesValue": "AAE="}},
            {
                "key": "list",
                "value": {"arrayValue": {"values": [{"intValue": "1"}]}},
            },
            {
                "key": "map",
                "value": {
                    "kvlistValue": {
                        "values": [{"key": "a", "value": {"stringValue": "b"}}]
                    }
                },
            },
            {"key": "empty", "value": {}},
            {"key": "empty list", "value": {"arrayValue": {}}},
        ]

        assert {
            "text": "a",
            "int": 12,
            "plain int": 12,
            "float": 0.5,
            "infinite": float("inf"),
            "bool": True,
            "bytes": b"\x00\x01",
            "list": [1],
            "map": {"a": "b"},
            "empty": None,
            "empty list": [],
        } == decode.attributes(pairs)

    def test_names_for_numbers(self):
        """
        Kinds and status codes are understood as protobuf's JSON spells them, too.
        """
        span = decode.span(
            IDS | {"kind": "SPAN_KIND_CLIENT", "status": {"code": "STATUS_CODE_ERROR"}},
            "",
            {},
        )

        assert (3, 2) == (span.kind, span.status)

    def test_wrong_types(self):
        """
        Fields of the wrong type are as if they were not there.
        """
        names = (
            "parentSpanId name kind startTimeUnixNano endTimeUnixNano attributes "
            "events status flags"
        )
        wrong = {name: {"what": [None]} for name in names.split()}

        assert decode.span(IDS, "", {}) == decode.span(IDS | wrong, "", {})

    @pytest.mark.parametrize("time", [-5, 0, 2**70, "x", "9" * 5000, None, 1.5, True])
    def test_times_that_are_none(self, time):
        """
        A time before 1970, after 2262 or of no meaning is unknown.
        """
        assert 0 == decode.time(time)

    def test_ids_in_capitals(self):
        """
        Hexadecimal ids are the same in capitals.
        """
        assert "ab" * 16 == decode.span(IDS | {"traceId": "AB" * 16}, "", {}).trace_id


KEYS = (
    "resourceSpans scopeSpans spans resource scope attributes traceId spanId key value "
    "resourceLogs scopeLogs logRecords body severityNumber severityText "
    "events status intValue arrayValue kvlistValue values bytesValue name kind"
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a" * 32, "b" * 16, "resourceSpans", "1700000000000000000"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(anything | st.binary(max_size=20), max_size=5))
def test_never_raises(tmp_path: Path, lines: list[Any]):
    """
    No file content makes reading fail.
    """
    for name in ("traces.1-a.jsonl", "open.1-a.jsonl", "logs.1-a.jsonl"):
        (tmp_path / name).write_bytes(
            b"\n".join(
                line if isinstance(line, bytes) else json.dumps(line).encode()
                for line in lines
            )
        )

    read_run(str(tmp_path))


class TestFindRun:
    @pytest.fixture
    def store(self, failing_run):
        """
        A store with the failing run, a newer one without tests and an older one.
        """
        failing_run.write()
        for name in ("2026-11-22T09-00-00-0000", "2026-11-20T06-43-12-7a7a"):
            (failing_run.path.parent / name).mkdir()

        return failing_run.path.parent.parent

    @pytest.mark.parametrize(
        "wanted", [None, "2026-11-22T06-43-12-7f3a", "7f3a", "2026-11-22T06"]
    )
    def test_found(self, store, failing_run, wanted):
        """
        A run is found by its id, by either end of it, or as the newest with tests.
        """
        assert str(failing_run.path) == find_run(str(store), wanted)

    def test_path(self, store, failing_run, tmp_path):
        """
        A run is found by its path, and the newest one by the path of its store.
        """
        elsewhere = str(tmp_path / "none")

        assert str(failing_run.path) == find_run(elsewhere, str(failing_run.path))
        assert str(failing_run.path) == find_run(elsewhere, str(store))

    @pytest.mark.parametrize(
        ("wanted", "said"),
        [
            ("2026-11", "'2026-11' could be any of 3 runs: 2026-11-22T09"),
            ("2026-11-22T06-43-12-7f3b", "did you mean 2026-11-22T06-43-12-7f3a"),
            ("xyz", "there is no run 'xyz' in .*`otel-testkit runs` lists them"),
        ],
    )
    def test_not_found(self, store, wanted, said):
        """
        A run that is not there, or not the only one, is named with the remedy.
        """
        with pytest.raises(UnreadableRun, match=said):
            find_run(str(store), wanted)

    @pytest.mark.parametrize("wanted", [None, "xyz"])
    def test_empty_store(self, tmp_path, wanted):
        """
        Without any run it is said how to get one.
        """
        with pytest.raises(UnreadableRun, match="run some tests that use"):
            find_run(str(tmp_path), wanted)
