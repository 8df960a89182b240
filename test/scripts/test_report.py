#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/test-report counts the cases of a test run and hides no failure."""
import json

import tree


def entry(result="OK", stdout="", stderr="", name="nvu:unit / prp", suite="nvu:unit"):
    return {"name": name, "stdout": stdout, "stderr": stderr, "result": result, "suite": [suite],
            "returncode": 0 if result == "OK" else 1, "duration": 0.25}


class Report(tree.TreeTest):
    def report(self, *entries, options=()):
        log = self.write("log.json", "".join(json.dumps(one) + "\n" for one in entries))
        status, out = self.check("test-report", *options, log)
        self.assertEqual(status, 0, out)
        return out

    def totals(self, *entries):
        return self.report(*entries).splitlines()[-1]

    def test_plain_program_is_one_case(self):
        self.assertEqual(self.totals(entry()), "1 passed, 0 failed, 0 skipped")

    def test_cmocka_cases_are_counted(self):
        passed = entry(stderr="[==========] 5 test(s) run.\n[  PASSED  ] 5 test(s).\n")
        self.assertEqual(self.totals(passed), "5 passed, 0 failed, 0 skipped")

    def test_cmocka_failures_and_skips_are_counted(self):
        mixed = entry("FAIL", stderr="[  PASSED  ] 2 test(s).\n[  SKIPPED ] 1 test(s), listed "
                      "below:\n[  FAILED  ] 3 test(s), listed below:\n")
        self.assertEqual(self.totals(mixed), "2 passed, 3 failed, 1 skipped")

    def test_own_count_is_believed(self):
        own = entry(stdout="x\n7 passed, 0 failed, 2 skipped\n")
        self.assertEqual(self.totals(own), "7 passed, 0 failed, 2 skipped")

    def test_crash_after_passed_cases_is_a_failure(self):
        crash = entry("FAIL", stderr="[  PASSED  ] 5 test(s).\n")
        self.assertEqual(self.totals(crash), "5 passed, 1 failed, 0 skipped")

    def test_timeout_is_a_failure(self):
        self.assertEqual(self.totals(entry("TIMEOUT")), "0 passed, 1 failed, 0 skipped")

    def test_skipped_program_is_skipped(self):
        self.assertEqual(self.totals(entry("SKIP")), "0 passed, 0 failed, 1 skipped")

    def test_failure_shows_what_it_said(self):
        out = self.report(entry("FAIL", stdout="what went wrong\n"), options=["--brief"])
        self.assertIn("FAIL  unit: prp", out)
        self.assertIn("| what went wrong", out)

    def test_skipped_case_of_a_passed_program_is_named(self):
        out = self.report(entry(stderr="[  PASSED  ] 2 test(s).\n[  SKIPPED ] 1 test(s), listed "
                                "below:\n[  SKIPPED ] open_as_user\n"), options=["--brief"])
        self.assertIn("skip  unit: prp (3)", out)
        self.assertIn("| [  SKIPPED ] open_as_user", out)

    def test_brief_leaves_out_what_passed(self):
        out = self.report(entry(), entry(), options=["--brief"])
        self.assertEqual(out, "2 passed, 0 failed, 0 skipped\n")

    def test_kinds_are_counted_apart(self):
        corpus = entry(stdout="7 passed, 0 failed, 0 skipped\n", suite="nvu:fuzz")
        out = self.report(corpus, entry(), entry("FAIL"), options=["--brief", "--kinds"])
        self.assertEqual(out.splitlines()[-3:], [
            "= corpus inputs: 7 passed, 0 failed, 0 skipped",
            "= test cases: 1 passed, 1 failed, 0 skipped", "8 passed, 1 failed, 0 skipped"])

    def test_nothing_that_ran_is_no_case(self):
        self.assertEqual(self.report(), "0 passed, 0 failed, 0 skipped\n")


if __name__ == "__main__":
    tree.main()
