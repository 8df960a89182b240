#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_json.py PERF IDENTIFY: the JSON of both programs parses, and its numbers agree."""
import json
import os
import subprocess
import sys
import tempfile


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def check_latency(kind):
    latency = kind["latency_us"]
    names = ["min", "p50", "p90", "p99", "p99.9", "p99.99", "max"]
    values = [latency[name] for name in names]
    assert values == sorted(values), values
    assert latency["min"] <= latency["avg"] <= latency["max"], latency


def check_doorbells(thread):
    sq, cq = thread["sq_doorbells_per_io"], thread["cq_doorbells_per_io"]
    assert 0 < sq <= 1 and 0 < cq <= 1, thread
    assert abs(sq * thread["ios_per_doorbell"] - 1) < 0.01, thread
    assert abs(sq + cq - thread["doorbell_registers_per_io"]) < 0.01, thread  # no shadow doorbells


def check_perf(result):
    controllers = result["controllers"]
    assert [c["nsid"] for c in controllers] == [1, 1]
    assert [c["block_bytes"] for c in controllers] == [512, 4096]
    for controller in controllers:
        assert controller["read"]["ios"] == 3 * 1000, controller
        assert controller["write"]["ios"] == 0
        assert controller["failed"] == controller["mismatches"] == controller["lost"] == 0
        check_latency(controller["read"])
    assert result["all"]["read"]["ios"] == 6 * 1000
    assert result["all"]["all"]["ios"] == 6 * 1000
    assert len(result["threads"]) == 3
    for thread in result["threads"]:
        check_doorbells(thread)
    assert result["options"]["count"] == 1000
    check_latency(result["all"]["all"])


def main():
    perf, identify = sys.argv[1:]
    arguments = ["-c", "1000", "-j", "3", "-q", "4", "mock:size=16M", "mock:size=16M,lba=4096"]
    check_perf(json.loads(run(perf, "-J", "-", *arguments)))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.json")
        table = run(perf, "--json", path, *arguments)
        assert "IOPS" in table
        with open(path) as file:
            check_perf(json.load(file))

    for depth, least, most in (4, 1, 1), (8, 0.2, 0.25):  # a small queue pair returns each completion at once
        result = json.loads(run(perf, "-J", "-", "-c", "1000", "-b", "1", "-q", str(depth), "mock:size=16M"))
        (thread,) = result["threads"]
        check_doorbells(thread)
        assert thread["sq_doorbells_per_io"] == 1, thread
        assert least <= thread["cq_doorbells_per_io"] <= most, thread

    data = json.loads(run(identify, "--json", "mock:ns=2,lba=4096,size=8M,serial=abc"))
    assert data["controller"]["serial"] == "abc"
    assert data["controller"]["namespaces"] == 2
    assert [ns["nsid"] for ns in data["namespaces"]] == [1, 2]
    for ns in data["namespaces"]:
        assert ns["block_bytes"] == 4096 and ns["blocks"] == 2048, ns


main()
