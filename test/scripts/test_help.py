#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/help lists every program that a developer runs, each with a sentence."""
import re
import unittest

import tree


class Help(tree.TreeTest):
    def test_each_program_of_scripts_has_a_sentence(self):
        status, text = self.check("help")
        self.assertEqual(status, 0, text)
        for path in tree.SCRIPTS.iterdir():
            if path.is_file():
                self.assertRegex(text, rf"(?m)^  scripts/{re.escape(path.name)}\b.*\n      \S.*\S")

    def test_each_suite_that_runs_by_itself_is_listed(self):
        _, text = self.check("help")
        for path in tree.SCRIPTS.parent.glob("test/*/run"):
            self.assertIn(str(path.relative_to(tree.SCRIPTS.parent)), text)

    def test_words_choose(self):
        status, text = self.check("help", "proof-setup")
        self.assertEqual(status, 0)
        self.assertEqual(len(re.findall(r"(?m)^  \S", text)), 1, text)

    def test_words_of_nothing_are_refused(self):
        self.assert_reports(self.check("help", "banana"), "nothing is about: banana")


if __name__ == "__main__":
    tree.main()
