#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/check-commands finds a page that is out of date, and rows and tests that contradict each other."""
import pathlib
import subprocess

import tree

READ = "NVM\tREAD\t2\tRead\tnvu_read\tmock\tNVM 3.2.4\t1.0"
COPY = "NVM\tCOPY\t25\tCopy\tnvu_io\t\tNVM 3.2.2\t2.0"
EVENT = "EVENT\tNOTICE_ZONE_CHANGED\t751\tZone Changed\tnvu_ctrl_service\t\tZNS 1.1\t2.0"
SUPPORT = pathlib.Path(__file__).resolve().parent.parent / "support"
INCLUDE = SUPPORT.parent.parent / "include"


class Commands(tree.TreeTest):
    def project(self, rows=(READ, COPY), covers=("NVM, READ",), folder="mock"):
        """Rows as the program prints them, and a test program that covers some."""
        self.write("scripts/trace/nvu.bt", "BEGIN\n{\n\t@name[2] = \"Old\";\n}\n")
        (self.root / "docs").mkdir(exist_ok=True)
        (self.root / "test/fuzz/corpus/mock").mkdir(parents=True, exist_ok=True)
        program = self.write("build/test/commands/rows", "#!/bin/sh\ncat <<'END'\n" + "\n".join(rows) + "\nEND\n")
        program.chmod(0o755)
        source = self.write(f"test/{folder}/test_one.c", "#include \"covers.h\"\n" + "".join(
            f"COVERS({what});\n" for what in covers) + "int main(void) { return 0; }\n")
        (self.root / "build/test" / folder).mkdir(parents=True, exist_ok=True)
        subprocess.run([*tree.CC, "-I", INCLUDE, "-I", SUPPORT, source, "-o",
                        self.root / "build/test" / folder / "test_one"], check=True, capture_output=True)

    def commands(self, *args):
        return self.check("check-commands", "--root", self.root, *args)

    def test_page_that_is_made_passes(self):
        self.project()
        self.commands("--write")
        self.assert_clean(self.commands())
        page = (self.root / "docs/commands.md").read_text(encoding="utf-8")
        self.assertIn("| Read | 02h | `nvu_read()` | `test_one` |  | NVM 3.2.4 | 1.0 |", page)
        self.assertIn("| Copy | 19h | `nvu_io()` | - |  | NVM 3.2.2 | 2.0 |", page)

    def test_event_has_its_type_and_its_information(self):
        self.project(rows=(READ, EVENT))
        self.commands("--write")
        self.assert_clean(self.commands())
        self.assertIn("| Zone Changed | 2, efh | `nvu_ctrl_service()` | - |",
                      (self.root / "docs/commands.md").read_text(encoding="utf-8"))

    def test_test_in_the_machine_is_told_apart(self):
        self.project(rows=(COPY,), covers=("NVM, COPY",), folder="vm")
        self.commands("--write")
        self.assert_clean(self.commands())
        self.assertIn("| - | `test_one` |", (self.root / "docs/commands.md").read_text(encoding="utf-8"))

    def test_page_that_is_old_is_reported(self):
        self.project()
        self.commands("--write")
        self.project(rows=(READ.replace("1.0", "1.1"), COPY))
        self.assert_reports(self.commands(), "docs/commands.md: not what")

    def test_seed_that_is_missing_is_reported(self):
        self.project()
        self.commands("--write")
        (self.root / "test/fuzz/corpus/mock/rows-io").unlink()
        self.assert_reports(self.commands(), "rows-io: not what")

    def test_name_of_the_trace_that_is_old_is_reported(self):
        self.project()
        self.commands("--write")
        self.write("scripts/trace/nvu.bt", "BEGIN\n{\n\t@name[2] = \"Reed\";\n\t@name[25] = \"Copy\";\n}\n")
        self.assert_reports(self.commands(), "scripts/trace/nvu.bt: not what")

    def test_row_of_the_mock_without_a_test_is_reported(self):
        self.project(covers=())
        self.assert_reports(self.commands("--write"), "NVM READ: the mock has it, and no test")

    def test_row_of_the_mock_that_only_the_machine_tests_is_reported(self):
        self.project(folder="vm")
        self.assert_reports(self.commands("--write"), "NVM READ: the mock has it, and no test")

    def test_test_on_the_mock_of_a_row_that_it_has_not_is_reported(self):
        self.project(covers=("NVM, READ", "NVM, COPY"))
        self.assert_reports(self.commands("--write"), "NVM COPY: the mock does not have it")

    def test_test_of_no_row_is_reported(self):
        self.project(covers=("NVM, READ", "NVM, WRITE"))
        self.assert_reports(self.commands("--write"), "covers NVM WRITE, which is no row")

    def test_symbol_that_does_not_exist_does_not_compile(self):
        with self.assertRaises(subprocess.CalledProcessError):
            self.project(covers=("NVM, REED",))

    def test_nothing_built_is_reported(self):
        self.assert_reports(self.commands(), "not there; build first")


if __name__ == "__main__":
    tree.main()
