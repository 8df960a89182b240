#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test/proof/run and test/model/run choose what to run: by what has changed, and say so."""
import os
import shutil
import subprocess
import unittest

import tree

# Proves what it is given, unless a word of WRONG is in the library.
CBMC = """#!/bin/sh
echo "$@" >>calls
for word; do
	case $word in */lib/[a-z]*.c) grep -q WRONG "$word" && exit 10;; esac
	[ "$word" != PROOF_REACHED ] || exit 10
done
exit 0
"""

HARNESS = """/* SPDX-License-Identifier: MIT */
/*
 * @sources {source}
 */
#include "{header}"

void harness(void)
{{
}}
"""


@unittest.skipUnless(shutil.which("git"), "there is no git")
class Run(tree.TreeTest):
    def setUp(self):
        super().setUp()
        for script in "scripts/changed-files", "test/proof/run", "test/model/run":
            target = self.root / script
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree.SCRIPTS.parent / script, target)
        self.write("cbmc", CBMC).chmod(0o755)
        self.write(".gitignore", "/build/\n/calls\n")
        self.write("test/proof/proof.c", "int proof;\n")
        self.write("lib/deep.h", "int deep(void);\n")
        self.write("lib/one.h", '#include "deep.h"\n')
        self.write("lib/one.c", '#include "one.h"\nint one; /* RIGHT */\n')
        self.write("lib/two.h", "int two(void);\n")
        self.write("lib/two.c", '#include "two.h"\nint two1; /* RIGHT */\n')
        (self.root / "include").mkdir()
        for name in "one", "two":
            self.write(f"test/proof/{name}_harness.c",
                       HARNESS.format(source=name + ".c", header=name + ".h"))
            self.write(f"test/proof/faults/{name}",
                       f"it is wrong :: {name}.c :: s/RIGHT/WRONG/\n"
                       f"it is quite wrong :: {name}.c :: s/RIGHT/WRONG WRONG/\n")
        self.write("test/model/recovery.pml", "/* lib/one.c */\n")
        self.git("init", "-q")
        self.commit()

    def git(self, *args):
        who = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *args], cwd=self.root, check=True, stdout=subprocess.DEVNULL)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")

    def run_script(self, script, *args):
        """(exit status, lines)"""
        environment = dict(os.environ, CBMC="./cbmc", LC_ALL="C")
        done = subprocess.run([str(self.root / script), *args], cwd=self.root, text=True,
                              env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        return done.returncode, done.stdout.splitlines()

    def changed(self, *args):
        ret, lines = self.run_script("test/proof/run", "--faults", "--changed", *args)
        self.assertEqual(ret, 0, lines)
        return lines

    def test_first_commit_counts_as_unchanged_and_says_so(self):
        lines = self.changed()
        self.assertEqual(lines[0], "no tag and no parent commit: no proof counts as changed")
        self.assertEqual(lines[-1], "0 passed, 0 failed, 0 skipped")

    def test_nothing_changed_runs_nothing(self):
        self.commit()
        lines = self.changed()
        self.assertEqual(lines[0], "changed since HEAD~1: no proof")
        self.assertEqual(lines[-1], "0 passed, 0 failed, 0 skipped")

    def test_each_kind_of_source_is_a_change(self):
        self.commit()
        for path, names in (("lib/deep.h", "one"), ("lib/one.h", "one"), ("lib/two.c", "two"),
                            ("test/proof/two_harness.c", "two"), ("test/proof/faults/one", "one"),
                            ("test/proof/proof.c", "one, two"), ("lib/other.c", "no proof")):
            target = self.root / path
            before = target.read_text() if target.exists() else None
            self.write(path, (before or "") + "\n")
            self.assertEqual(self.changed("--most", "0")[0], "changed since HEAD~1: " + names, path)
            if before is None:
                target.unlink()
            else:
                target.write_text(before)

    def test_changes_since_the_last_tag_count(self):
        self.git("tag", "v1")
        self.write("lib/two.h", "int two(int);\n")
        self.commit()
        self.commit()
        lines = self.changed()
        self.assertEqual(lines[0], "changed since v1: two")
        self.assertEqual(lines[-1], "3 passed, 0 failed, 0 skipped")

    def test_what_does_not_compile_has_changed(self):
        self.commit()
        self.write("lib/one.h", '#include "missing.h"\n')
        self.assertEqual(self.changed("--most", "0")[0], "changed since HEAD~1: one")

    def test_faults_left_out_are_counted(self):
        ret, lines = self.run_script("test/proof/run", "--faults", "--most", "2")
        self.assertEqual(ret, 0, lines)
        self.assertEqual(lines[-1], "2 passed, 0 failed, 4 skipped")
        self.assertIn("4 faults left out", "\n".join(lines))

    def test_no_time_leaves_all_out(self):
        ret, lines = self.run_script("test/proof/run", "--faults", "--seconds", "0")
        self.assertEqual((ret, lines[-1]), (0, "0 passed, 0 failed, 6 skipped"))

    def test_fault_that_is_not_seen_fails(self):
        self.write("test/proof/faults/one", "it is fine :: one.c :: s/RIGHT/FINE/\n")
        ret, lines = self.run_script("test/proof/run", "--faults", "one")
        self.assertEqual((ret, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_each_harness_function_is_run(self):
        source = self.root / "test/proof/one_harness.c"
        source.write_text(source.read_text().replace("harness(void)", "harness_a(void)") +
                          "void harness_b(void)\n{\n}\n")
        ret, lines = self.run_script("test/proof/run", "--large", "one")
        self.assertEqual((ret, lines[-1]), (0, "1 passed, 0 failed, 0 skipped"))
        calls = (self.root / "calls").read_text().splitlines()
        self.assertEqual([call.split()[-1] for call in calls], ["harness_a", "harness_b"])
        self.assertTrue(all("-D PROOF_LARGE" in call for call in calls), calls)

    def test_large_options_stand_in_for_the_usual_ones(self):
        source = self.root / "test/proof/one_harness.c"
        source.write_text(source.read_text().replace(" */\n#", " * @options --few\n * @large --many\n */\n#"))
        self.run_script("test/proof/run", "one", "two")
        self.run_script("test/proof/run", "--large", "one", "two")
        calls = (self.root / "calls").read_text()
        self.assertEqual((calls.count("--few"), calls.count("--many")), (1, 1), calls)

    def test_proof_without_a_harness_function_fails(self):
        self.write("test/proof/one_harness.c", "static int harness;\n")
        ret, lines = self.run_script("test/proof/run", "one")
        self.assertEqual((ret, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))

    @unittest.skipUnless(shutil.which("spin"), "there is no spin")
    def test_model_changes_with_what_it_names(self):
        self.commit()
        ask = "test/model/run", "--faults", "--changed", "none-of-them"
        self.assertEqual(self.run_script(*ask)[1][0],
                         "changed since HEAD~1: neither the model nor what it models")
        self.write("lib/one.c", "int one;\n")
        self.assertEqual(self.run_script(*ask)[1][0],
                         "changed since HEAD~1: the model, or what it models")
        (self.root / "lib/one.c").unlink()
        ret, lines = self.run_script(*ask)
        self.assertEqual((ret, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))

    def test_edit_that_changes_nothing_is_reported_without_proving(self):
        with (self.root / "test/proof/faults/two").open("a", encoding="utf-8") as faults:
            faults.write("a stale one :: two.c :: s/GONE/WRONG/\n")
        status, output = self.check(self.root / "test/proof/run", "--apply")
        self.assertEqual(status, 1, output)
        self.assertIn("not ok fault two: a stale one: the edit does not change lib/two.c", output)
        self.assertIn("4 passed, 1 failed, 0 skipped", output)
        self.assertFalse((self.root / "calls").exists())


if __name__ == "__main__":
    tree.main()
