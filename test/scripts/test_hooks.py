#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/hooks refuse what they say, and nothing else."""
import os
import shutil
import subprocess
import unittest

import tree

SPDX = "/* SPDX-License-Identifier: MIT */\n"
GOOD = SPDX + "int f(int x)\n{\n\treturn x;\n}\n"


@unittest.skipUnless(shutil.which("git") and shutil.which("clang-format"), "needs git and clang-format")
class Hooks(tree.TreeTest):
    def setUp(self):
        super().setUp()
        self.home = tree.SCRIPTS.parent
        self.git("init", "-q")
        shutil.copy(self.home / ".clang-format", self.root)
        shutil.copytree(tree.SCRIPTS, self.root / "scripts")
        self.git("config", "core.hooksPath", "scripts/hooks")
        self.write("lib/a.c", GOOD)

    def git(self, *args):
        """(exit status, output) of git in the project."""
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a",
                       "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
        for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
            environment.pop(name, None)
        done = subprocess.run(["git", *args], cwd=self.root, text=True, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def commit(self, message="Add f()"):
        self.git("add", "lib")
        return self.git("commit", "-q", "-m", message)

    def test_good_commit_passes(self):
        self.assert_clean(self.commit())

    def test_misformatted_file_is_refused(self):
        self.write("lib/a.c", GOOD.replace("\treturn", "    return"))
        self.assert_reports(self.commit(), "run clang-format -i lib/a.c")

    def test_what_is_staged_counts(self):
        self.git("add", "lib")
        self.write("lib/a.c", GOOD.replace("\treturn", "    return"))
        self.assert_clean(self.git("commit", "-q", "-m", "Add f()"))

    def test_deleted_file_is_no_matter(self):
        self.write("lib/b.c", GOOD)
        self.commit()
        self.git("rm", "-q", "lib/a.c")
        self.assert_clean(self.git("commit", "-q", "-m", "Remove f()"))

    def test_long_summary_is_refused(self):
        self.assert_reports(self.commit("A" * 73), "73 columns; 72 is the most")
        self.assert_clean(self.commit("A" * 72))

    def test_full_stop_is_refused(self):
        self.assert_reports(self.commit("Add f()."), "ends with a full stop")

    def test_second_line_is_blank(self):
        self.assert_reports(self.commit("Add f()\nfor g()"), "the second line is blank")
        self.assert_clean(self.commit("Add f()\n\nfor g()"))

    def test_push_of_uncommitted_changes_is_refused(self):
        self.commit()
        self.write("lib/a.c", GOOD + "\n")
        done = subprocess.run([str(self.root / "scripts/hooks/pre-push")], cwd=self.root, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assert_reports((done.returncode, done.stdout), "uncommitted changes")


if __name__ == "__main__":
    tree.main()
