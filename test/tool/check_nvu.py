#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_nvu.py NVU: what nvu prints as JSON parses and agrees with its other forms; every subcommand has its help.

The subcommands come from `nvu help`, so that a new row is met here, too.
"""
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

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


def check_blocks(nvu, folder):
    """Data go through a file behind the mock from one run to the next."""
    disk, data = folder / "disk.img", folder / "data"
    disk.touch()
    address = f"mock:file={disk},size=16M"
    sent = bytes(range(256)) * 160  # 80 blocks
    data.write_bytes(sent)
    nvu.run("write", address, "-s", "8", "--data-size", str(len(sent)), "--data", str(data))
    assert nvu.run("read", address, "--start-block=8", "-z", "40k") == sent
    assert nvu.run("read", address, "-s", "8", "--block-count=0") == sent[:512]
    assert nvu.run("read", address, "-s", "7") == bytes(512)
    nvu.run("compare", address, "-s", "8", "-B", "80", input=sent)
    nvu.run("write-zeroes", address, "-s", "10", "-B", "2")
    nvu.run("read", address, "-s", "8", "-B", "80", "-d", str(folder / "out"))
    assert (folder / "out").read_bytes() == sent[:1024] + bytes(1024) + sent[2048:]
    long = sent * 100  # more than a chunk
    nvu.run("write", address, "-B", "8000", "-d", "-", input=long)
    assert nvu.run("read", address, "-B", "8000") == long
    nvu.run("dsm", "mock:", "--ranges", ",".join(f"{first}:1" for first in range(256)))
    done = subprocess.run([nvu.program, "dsm", "mock:", "--ranges", ",".join(["1:1"] * 257)], capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 2 and b"more than 256" in done.stderr, done
    # Too short a file is refused before anything is written.
    done = subprocess.run([nvu.program, "write", address, "-B", "1000", "-d", str(data)], capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 2 and b"are needed" in done.stderr, done
    assert nvu.run("read", address, "-B", "8000") == long


def answer(nvu, text, *arguments):
    """Runs nvu on a terminal and types an answer: what it says, its exit status."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([nvu.program, *arguments], stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    said = b""
    try:
        while not said.endswith(b"go on: "):
            said += os.read(leader, 4096)
        os.write(leader, text)
        return said.decode(), process.wait(60)
    finally:
        os.close(leader)


def check_consent(nvu):
    said, status = answer(nvu, b"yes\n", "write-zeroes", "--ask", "mock:")
    assert status == 0 and "nvu mock controller" in said and "namespace 1" in said, (said, status)
    for text in b"no\n", b"y\n", b"\n", b"yes please\n":
        said, status = answer(nvu, text, "format", "--ask", "mock:")
        assert status == 2, (said, status)


def catches(pid, number):
    """Whether a process has a handler for a signal."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^SigCgt:\s*(\w+)", status, re.M)[1], 16) >> (number - 1) & 1


def check_events(nvu):
    """--follow ends by a signal, or after --seconds."""
    process = subprocess.Popen([nvu.program, "events", "--follow", "--json", "mock:"], stdout=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not catches(process.pid, signal.SIGINT) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()
    nvu.run("events", "--seconds=1", "mock:")


def check_serve(nvu, folder):
    socket = folder / "nvu.sock"
    process = subprocess.Popen([nvu.program, "serve", "mock:size=1M", str(socket)], stdout=subprocess.PIPE)
    assert process.stdout.readline().decode() == f"serving on {socket}\n"
    assert socket.is_socket()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.stdout.close()
    assert not socket.exists()


def check_completion(nvu):
    """bash's function offers subcommands, then the options of one."""
    script = nvu.text("completion", "bash") + """
        COMP_WORDS=(nvu smart) COMP_CWORD=1 && _nvu && echo "${COMPREPLY[@]}"
        COMP_WORDS=(nvu get-log --l) COMP_CWORD=2 && _nvu && echo "${COMPREPLY[@]}"
        COMP_WORDS=(nvu help id-n) COMP_CWORD=2 && _nvu && echo "${COMPREPLY[@]}"
        """
    said = subprocess.run(["bash", "-c", "compopt() { :; }\n" + script], check=True, stdout=subprocess.PIPE,
                          timeout=60).stdout.decode().splitlines()
    assert said == ["smart-log", "--lid= --len= --lsp= --lsi= --lpo=", "id-ns"], said


def main():
    nvu = Nvu(sys.argv[1])
    check_help(nvu)
    check_identify(nvu)
    check_logs(nvu)
    check_features(nvu)
    check_consent(nvu)
    check_events(nvu)
    check_completion(nvu)
    with tempfile.TemporaryDirectory() as name:
        check_blocks(nvu, pathlib.Path(name))
        check_serve(nvu, pathlib.Path(name))


if __name__ == "__main__":
    main()
