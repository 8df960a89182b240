# SPDX-License-Identifier: MIT
"""What the tests of scripts/ share: a small project in a temporary folder, to plant violations in."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"
CC = os.environ.get("CC", "cc").split()


class TreeTest(unittest.TestCase):
    """A test with a temporary project: self.write() fills it, self.check() runs a script on it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def check(self, script, *args):
        """(exit status, output) of a script of scripts/."""
        done = subprocess.run([str(SCRIPTS / script), *map(str, args)], cwd=self.root, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def assert_clean(self, result):
        self.assertEqual(result[0], 0, result[1])

    def assert_reports(self, result, words):
        self.assertEqual(result[0], 1, result[1])
        self.assertIn(words, result[1])


def main():
    """unittest.main() that ends with the line scripts/test-report reads."""
    program = unittest.main(module="__main__", exit=False, verbosity=1)
    result = program.result
    bad = len(result.failures) + len(result.errors)
    good = result.testsRun - bad - len(result.skipped)
    print(f"{good} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(bad != 0)
