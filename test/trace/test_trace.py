#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_trace.py PROGRAM: scripts/trace/nvu.bt decodes what PROGRAM (traced.c) does while it runs.

Skipped (exit status 77) where no program may attach to a probe: without bpftrace, root, or a kernel
that lets it.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts/trace/nvu.bt"
READ = ("Read", "opcode 0x02", "namespace 1", "block 40", "8 blocks")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def may_trace():
    """Whether this machine lets bpftrace attach to a probe of a program."""
    if not shutil.which("bpftrace"):
        skip("no bpftrace")
    if os.geteuid():
        skip("not root")
    done = subprocess.run(["bpftrace", "-e", "BEGIN { exit(); }"], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        skip("bpftrace does not work here: " + done.stderr.strip()[-200:])


def await_line(tracer, words):
    """The next line of the tracer with all of the words; the test's time limit ends the waiting."""
    for line in tracer.stdout:
        if all(word in line for word in words):
            return line
    sys.exit(f"not ok: no line with {words}; the tracer ended with {tracer.wait()}")


def main():
    may_trace()
    program = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE)
    environment = {**os.environ, "BPFTRACE_PERF_RB_PAGES": "64"}
    tracer = subprocess.Popen(["bpftrace", "-B", "line", "-p", str(program.pid), str(SCRIPT)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    try:
        await_line(tracer, ("queue pair 0x", ": 1 commands"))
        await_line(tracer, READ)
        program.stdin.write(b"x")
        program.stdin.flush()
        await_line(tracer, ("controller 0x", ": reset, after 1 lives"))
        await_line(tracer, READ)
        tracer.send_signal(signal.SIGINT)
        await_line(tracer, ("@batch[",))
        await_line(tracer, ("@completions[",))
    finally:
        program.stdin.close()
        program.wait()
        tracer.kill()
    print("1 passed, 0 failed, 0 skipped")


if __name__ == "__main__":
    main()
