#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_gdb.py PROGRAM: scripts/gdb/nvu.py shows what PROGRAM (stopped.c) has left when it stops."""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test/scripts"))
import tree  # noqa: E402

PROGRAM = sys.argv.pop(1)


def gdb(*commands):
    """What gdb prints for these commands once the program has called stop_here()."""
    lines = ["set debuginfod enabled off", "set confirm off", f"source {ROOT / 'scripts/gdb/nvu.py'}",
             "break stop_here", "run", *commands]
    options = [word for line in lines for word in ("-ex", line)]
    done = subprocess.run(["gdb", "-q", "-nx", "-batch", *options, PROGRAM], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    return done.stdout


class Gdb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = gdb("nvu qpair the_qpair", "nvu ctrl the_ctrl", "nvu buf the_buf")
        if "Breakpoint 1, stop_here" not in cls.text:
            raise RuntimeError("the program did not get to stop_here():\n" + cls.text)

    def assert_line(self, *words):
        lines = [line for line in self.text.splitlines() if all(word in line for word in words)]
        self.assertEqual(len(lines), 1, f"{words} in:\n{self.text}")

    def test_queue_pair_is_described(self):
        self.assert_line("queue pair 1, 8 entries, live, of controller 0x")
        self.assert_line("deadline 60000 ms", "doorbells open")

    def test_rings_tell_what_is_queued_and_what_is_answered(self):
        self.assert_line("submission: next slot 3, 1 queued and not submitted")
        self.assert_line("completion: next entry 0, 1 answered and not polled")

    def test_commands_in_flight_are_decoded(self):
        self.assert_line("in flight: 3")
        self.assert_line("user data 0x1001", "Read, namespace 1, block 40, 8 blocks")
        self.assert_line("user data 0x1002", "Write, namespace 1, block 48, 4 blocks")
        self.assert_line("user data 0x1003", "Flush, namespace 1")
        self.assert_line("user data 0x1003", "no deadline yet")
        for user_data in ("0x1001", "0x1002"):
            found = re.search(rf"user data {user_data}, (\d+) ms left when the clock", self.text)
            self.assertTrue(found and 55000 < int(found.group(1)) < 65000, self.text)

    def test_controller_is_described(self):
        self.assert_line("controller mock", "enabled")
        self.assert_line("waiting events 0")
        self.assert_line("  queue pair 1: 0x", "live")

    def test_buffer_is_described(self):
        self.assert_line("buffer 0x", "16384 bytes at 0x", "the device may read and write")
        self.assert_line("allocated by nvu")

    def test_structure_itself_serves_as_argument(self):
        self.assertIn("queue pair 1, 8 entries", gdb("nvu qpair *the_qpair"))

    def test_bad_arguments_are_refused_in_words(self):
        text = gdb("nvu qpair")
        self.assertIn("struct nvu_qpair * is missing", text)
        self.assertIn("nothing is NULL", gdb("nvu buf nothing"))
        self.assertIn("no memory at 0x10", gdb("nvu ctrl 16"))


if __name__ == "__main__":
    tree.main()
