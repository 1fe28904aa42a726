"""Framing, and what becomes of lines that are no reports."""

import itertools
import json
import os
import socket
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foureyes.sandbox.protocol import (
    MAX_LINE_BYTES,
    Change,
    Control,
    Ended,
    Failed,
    File,
    Log,
    ObjectChanged,
    Progress,
    ProtocolError,
    Ready,
    Report,
    ReportReader,
    Result,
    SignalRun,
    Started,
    StartRun,
    SweepRun,
    encode_report,
    receive_control,
    send_control,
)

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
REPORTS: list[Report] = [
    Log(at=AT, level="info", grouping="run", message="Hellö\n", object="o", url="/u/"),
    Progress(done=1, total=None, text="x"),
    Change(at=AT, target="t", before={"a": [1]}, after=None, summary=""),
    ObjectChanged(action="update", model="inventory.device", key="7", text="core-1", fields={"name": "core-1"}),
    File(name="a.csv", path="/w/a.csv", media_type="text/csv"),
    Result(outcome="failed", cause="", data={"output": ""}),
    Result(outcome="completed", cause="", data={"output": "\n[1]"}, returned=[[1]]),
]


@pytest.mark.parametrize(
    "message",
    [
        StartRun(run="1", user="jobs"),
        SignalRun(run="1", signal="soft"),
        SweepRun(run="1"),
        Ready(pid=7),
        Started(run="1", pid=7),
        Failed(run="1", error="no"),
        Ended(run="1", pid=7, status=-9),
    ],
)
def test_control_messages_arrive_with_their_descriptors(message: Control) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        send_control(ours, message, (0, 1))
        received = receive_control(theirs)
        assert received is not None
        assert received[0] == message
        assert len(received[1]) == 2
        for fd in received[1]:
            os.close(fd)
        ours.close()
        assert receive_control(theirs) is None


def test_packet_that_is_no_message_is_an_error() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        for packet in (b"x", b"[]", b'{"op": "dance"}', b'{"op": "sweep"}'):
            ours.send(packet)
            with pytest.raises(ProtocolError):
                receive_control(theirs)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is slow
@given(cuts=st.lists(st.integers(0, 800)))
def test_reports_arrive_whole_however_the_bytes_are_cut(cuts: list[int]) -> None:
    stream = b"".join(encode_report(report) for report in REPORTS)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    reader = ReportReader()
    received = [report for begin, end in itertools.pairwise(edges) for report in reader.feed(stream[begin:end])]
    assert received == REPORTS


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"[]",
        b'{"t": "dance"}',
        b'{"t": "log"}',
        b'{"t": "progress", "done": NaN, "total": null, "text": ""}',
        b'{"t": "progress", "done": 1e999, "total": null, "text": ""}',
        b'{"t": "progress", "done": true, "total": null, "text": ""}',
        b'{"t": "result", "outcome": "great", "cause": "", "data": {}}',
        b'{"t": "result", "outcome": "completed", "cause": "", "data": []}',
        b'{"t": "log", "at": "now", "level": "info", "grouping": "", "message": ""}',
        b'{"t": "object", "action": "explode", "model": "a.b", "key": "1", "text": "", "fields": {}}',
        b'{"t": "object", "action": "create", "model": "a.b", "key": "1", "text": "", "fields": []}',
        b'{"t": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_line_that_is_no_report_is_counted_and_left_out(line: bytes) -> None:
    reader = ReportReader()
    assert list(reader.feed(line + b"\n" + encode_report(REPORTS[0]))) == [REPORTS[0]]
    assert reader.garbled == 1


def test_endless_line_is_left_out_without_being_kept() -> None:
    reader = ReportReader()
    for _ in range(3):
        assert list(reader.feed(b"x" * MAX_LINE_BYTES)) == []
    assert list(reader.feed(b"\n" + encode_report(REPORTS[0]))) == [REPORTS[0]]
    assert reader.garbled == 1


def test_forged_report_is_made_fit_for_the_database() -> None:
    fields = {
        "t": "log", "at": "2026-11-23T12:00:00", "level": "loud", "grouping": "g" * 200, "message": "\x00\ud800",
        "object": "o" * 300,
    }  # fmt: skip
    (log,) = ReportReader().feed(json.dumps(fields).encode() + b"\n")
    assert isinstance(log, Log)
    assert (log.at, log.level, len(log.grouping), log.message) == (AT, "default", 100, "\\x00\\ud800")
    assert log.object is not None
    assert len(log.object) == 200
