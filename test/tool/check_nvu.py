#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_nvu.py NVU: what nvu prints as JSON parses and agrees with its other forms; every subcommand has its help.

The subcommands come from `nvu help`, so that a new row is met here, too.
"""
import json
import re
import struct
import subprocess
import sys

MOCK = "mock:size=16M,ns=2,lba=4096"


class Nvu:
    def __init__(self, program):
        self.program = program

    def run(self, *arguments, **options):
        return subprocess.run([self.program, *arguments], check=True, stdout=subprocess.PIPE, timeout=60,
                              **options).stdout

    def text(self, *arguments):
        return self.run(*arguments).decode()

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))


def subcommands(nvu):
    """{name: its help} of each row."""
    names = re.findall(r"^  ([a-z][a-z-]*) ", nvu.text("help"), re.M)
    assert len(names) == len(set(names)) and "id-ctrl" in names, names
    return {name: nvu.text("help", name) for name in names}


def check_help(nvu):
    for name, said in subcommands(nvu).items():
        assert said.startswith("Usage: nvu " + name) or name == "perf", said
        assert max(map(len, said.splitlines())) <= 120, name
        letters = re.findall(r"^  -(\w), --", said, re.M)
        assert len(letters) == len(set(letters)), f"{name}: two options share a letter: {letters}"
        if name != "perf":
            assert nvu.text(name, "--help") == said, name


def check_identify(nvu):
    ctrl = nvu.json("id-ctrl", MOCK)
    raw = nvu.run("id-ctrl", MOCK, "--raw")
    assert len(raw) == 4096
    assert ctrl["mn"] == raw[24:64].decode().strip() == "nvu mock controller", ctrl["mn"]
    assert ctrl["vid"] == struct.unpack_from("<H", raw)[0]
    assert nvu.run("id-ctrl", MOCK, "--output-format=binary") == raw
    assert json.loads(nvu.run("id-ctrl", MOCK, "-o", "json")) == ctrl
    for nsid in "1", "2":
        ns = nvu.json("id-ns", f"{MOCK}#{nsid}")
        assert ns == nvu.json("id-ns", MOCK, "--namespace-id", nsid)
        assert ns["nsze"] == (16 << 20) // 4096, ns["nsze"]
    listed = nvu.json("list-ns", MOCK)
    assert [number for number in next(iter(listed.values())) if number] == [1, 2], listed


def check_logs(nvu):
    smart = nvu.json("smart-log", MOCK)
    assert smart == nvu.json("get-log", "--lid=smart", MOCK) == nvu.json("get-log", "--lid", "2", MOCK)
    raw = nvu.run("smart-log", MOCK, "--binary")
    assert len(raw) == 512
    assert nvu.run("get-log", "-i", "2", "-l", "256", "-L", "256", MOCK, "-b") == raw[256:]
    part = nvu.json("get-log", "-i", "2", "-l", "64", MOCK)
    assert bytes.fromhex(part["data"]) == raw[:64] and part["lid"] == 2, part
    assert nvu.json("error-log", MOCK) == []
    assert len(nvu.run("error-log", MOCK, "--raw")) % 64 == 0
    assert len(nvu.run("error-log", MOCK, "--raw", "--entries=2")) == 128
    effects = nvu.run("effects-log", MOCK, "--raw")
    assert len(effects) == 4096 and effects[4 * 0x06] & 1, "it has Identify"
    for name in "fw-log", "effects-log", "supported-log-pages", "changed-ns-list-log":
        assert isinstance(nvu.json(name, MOCK), dict), name


def check_features(nvu):
    every = nvu.json("get-feature", MOCK)
    by_number = {each["fid"]: each for each in every}
    assert by_number[1]["value"] == 7 and by_number[1]["name"] == "Arbitration", by_number[1]
    assert nvu.json("get-feature", "-f", "arbitration", MOCK) == by_number[1]
    assert nvu.run("get-feature", "-f", "1", "--raw", MOCK) == struct.pack("<I", 7)
    supported = nvu.json("get-feature", "-f", "1", "-s", "supported", MOCK)
    assert supported["changeable"] and not supported["of_namespace"], supported
    assert len(bytes.fromhex(nvu.json("get-feature", "-f", "timestamp", MOCK)["data"])) == 8
    assert len(nvu.run("get-feature", "-f", "timestamp", "--raw", MOCK)) == 8
    assert "set to 0x00000003" in nvu.text("set-feature", "-f", "1", "-v", "3", MOCK)
    said = nvu.run("set-feature", "-f", "0x0e", "-d", "-", MOCK, input=bytes(8)).decode()
    assert said.startswith("0x0e Timestamp set"), said


def main():
    nvu = Nvu(sys.argv[1])
    check_help(nvu)
    check_identify(nvu)
    check_logs(nvu)
    check_features(nvu)


if __name__ == "__main__":
    main()
