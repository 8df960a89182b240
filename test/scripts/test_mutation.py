#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test/mutation/run tells a fault that its test notices from one that changes nothing, breaks the
build, survives, or has no test; on a project of one function."""
import subprocess
import tree

MESON = """project('small', 'c')
subdir('lib')
test('sums', executable('sums', 'test/sums.c', link_with: library), env: ['WANT=7'])
test('nothing', executable('nothing', 'test/nothing.c', link_with: library))
"""

SUM = """int sum(int a, int b);
int sum(int a, int b)
{
\treturn a + b;
}
"""

SUMS = """#include <stdio.h>
#include <stdlib.h>
int sum(int a, int b);
int main(void)
{
\twhile (sum(1, 1) == 77)
\t\t;
\tif (sum(1, 1) == 88)
\t\tabort();
\tif (sum(3, 4) == atoi(getenv("WANT")))
\t\treturn 0;
\tputs("[  FAILED  ] adds_three_and_four");
\tfflush(stdout);
\twhile (sum(1, 1) == 66)
\t\t;
\treturn 1;
}
"""

HEAD = "# what :: file of lib/ :: sed -E expression :: test\n"


class Mutation(tree.TreeTest):
    def run_on(self, *rows, arguments=()):
        """(exit status, output) of the runner on the small project with these faults."""
        self.write("meson.build", MESON)
        self.write("meson_options.txt", "")
        self.write("lib/meson.build", "library = static_library('nvu_internal', 'base/sum.c')\n")
        self.write("lib/base/sum.c", SUM)
        self.write("test/sums.c", SUMS)
        self.write("test/nothing.c", "int main(void)\n{\n\treturn 0;\n}\n")
        self.write("test/mutation/faults/base", HEAD + "".join(row + "\n" for row in rows))
        return self.check("../test/mutation/run", "--root", self.root, "--jobs", "1",
                          "--seconds", "1", *arguments)

    def test_each_end_is_told(self):
        status, out = self.run_on(
            "sums too little :: base/sum.c :: s/a \\+ b/a - b/ :: sums/adds_three_and_four",
            "sums anything :: base/sum.c :: s/a \\+ b/a/ :: sums",
            "dies :: base/sum.c :: s/a \\+ b/88/ :: sums/adds_three_and_four",
            "hangs :: base/sum.c :: s/a \\+ b/77/ :: sums",
            "fails, then hangs :: base/sum.c :: s/a \\+ b/66/ :: sums/adds_three_and_four",
            "the same :: base/sum.c :: s/a \\+ b/b + a/ :: sums",
            "another case :: base/sum.c :: s/a \\+ b/a/ :: sums/adds_one_and_one",
            "nothing to change :: base/sum.c :: s/a \\* b/a/ :: sums",
            "no such file :: base/product.c :: s/a/b/ :: sums",
            "does not build :: base/sum.c :: s/a \\+ b/a +/ :: sums",
            "no such test :: base/sum.c :: s/a \\+ b/a/ :: products",
            "looks at nothing :: base/sum.c :: s/a \\+ b/a/ :: nothing",
            "equal by nature :: base/sum.c :: s/a \\+ b/b + a/ :: - the sum is the same",
            "excused, but not there :: base/sum.c :: s/a \\* b/b/ :: - the product is the same")
        self.assertEqual(status, 1, out)
        for line in ("ok fault base: sums too little: sums/adds_three_and_four",
                     "ok fault base: sums anything: sums",
                     "ok fault base: dies: sums/adds_three_and_four: signal 6",
                     "ok fault base: hangs: sums: hangs",
                     "not ok fault base: the same: sums did not notice it",
                     "not ok fault base: another case: sums: not adds_one_and_one, but adds_three",
                     "not ok fault base: nothing to change: the edit does not change lib/base/sum.c",
                     "not ok fault base: no such file: the edit does not change lib/base/product.c",
                     "not ok fault base: does not build: does not compile",
                     "not ok fault base: no such test: there is no test products",
                     "not ok fault base: looks at nothing: nothing did not notice it",
                     "skip fault base: equal by nature: the sum is the same",
                     "not ok fault base: excused, but not there: the edit does not change"):
            self.assertIn(line, out)
        self.assertRegex(out, r"ok fault base: fails, then hangs: sums/adds_three_and_four \(0\.")
        lines = out.splitlines()
        self.assertEqual(lines[-2], "5 of 13 killed, 38 %")
        # Besides the faults: two tests that pass without one, and one that is not there.
        self.assertEqual(lines[-1], "7 passed, 9 failed, 1 skipped")

    def test_all_killed_is_success_and_the_tree_is_left_alone(self):
        status, out = self.run_on("sums too little :: base/sum.c :: s/a \\+ b/a - b/ :: sums",
                                  "sums anything :: base/sum.c :: s/a \\+ b/a/ :: sums")
        self.assertEqual(status, 0, out)
        self.assertIn("2 of 2 killed, 100 %\n3 passed, 0 failed, 0 skipped", out)
        self.assertEqual((self.root / "lib/base/sum.c").read_text(), SUM)

    def test_test_that_fails_without_a_fault_is_a_failure(self):
        self.write("test/mutation/faults/dma", HEAD)
        status, out = self.run_on("sums too much :: base/sum.c :: s/a \\+ b/a + b + 1/ :: sums")
        self.assertEqual(status, 0, out)
        broken = (self.root / "lib/base/sum.c")
        broken.write_text(SUM.replace("a + b", "a * b"))
        status, out = self.check("../test/mutation/run", "--root", self.root, "--jobs", "1")
        self.assertEqual(status, 1, out)
        self.assertIn("not ok without a fault: sums: exit status 1", out)

    def test_names_choose_faults(self):
        rows = ("sums too little :: base/sum.c :: s/a \\+ b/a - b/ :: sums",
                "survives :: base/sum.c :: s/a \\+ b/b + a/ :: sums")
        status, out = self.run_on(*rows, arguments=["too little"])
        self.assertEqual(status, 0, out)
        self.assertIn("1 of 1 killed", out)
        self.assertEqual(self.run_on(*rows, arguments=["base"])[0], 1)
        status, out = self.run_on(*rows, arguments=["no such words"])
        self.assertEqual(status, 1)
        self.assertIn("there is no such fault", out)

    def test_edits_that_do_not_apply_are_told_without_building(self):
        status, out = self.run_on("sums too little :: base/sum.c :: s/a \\+ b/a - b/ :: sums",
                                  "gone :: base/sum.c :: s/a \\* b/a/ :: sums",
                                  "no such file :: base/product.c :: s/a/b/ :: sums",
                                  arguments=["--apply"])
        self.assertEqual(status, 1, out)
        self.assertIn("not ok fault base: gone: the edit does not change lib/base/sum.c", out)
        self.assertIn("not ok fault base: no such file", out)
        self.assertEqual(out.splitlines()[-1], "1 passed, 2 failed, 0 skipped")
        self.assertFalse((self.root / "build").exists())

    def test_row_without_a_test_is_refused(self):
        status, out = self.run_on("half a row :: base/sum.c :: s/a/b/")
        self.assertEqual(status, 1)
        self.assertIn('faults/base: "half a row :: base/sum.c :: s/a/b/"', out)

    def test_row_that_is_there_twice_is_refused(self):
        row = "sums too little :: base/sum.c :: s/a \\+ b/a - b/ :: sums"
        status, out = self.run_on(row, row)
        self.assertEqual(status, 1)
        self.assertIn('faults/base: "sums too little" is there twice', out)

    def test_list_of_the_project_has_sixty_faults_in_every_folder_of_lib(self):
        project = tree.SCRIPTS.parent
        rows = {path.name: sum(" :: " in line and line[0] != "#"
                               for line in path.read_text(encoding="utf-8").splitlines())
                for path in (project / "test/mutation/faults").iterdir()}
        self.assertGreaterEqual(sum(rows.values()), 60)
        folders = {path.name for path in (project / "lib").iterdir() if path.is_dir()}
        self.assertEqual(folders - set(rows) - {"mock"}, set())  # the mock has tests of its own


if __name__ == "__main__":
    if subprocess.run(["meson", "--version"], stdout=subprocess.DEVNULL, check=False).returncode:
        raise SystemExit(77)
    tree.main()
