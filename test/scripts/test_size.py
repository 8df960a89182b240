#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/check-size finds long files and functions, at their exact limits."""
import tree


def function(lines):
    """A function of this number of lines from signature to closing brace."""
    return "static int f(int x)\n{\n" + "\tx++;\n" * (lines - 4) + "\treturn x;\n}\n"


class Size(tree.TreeTest):
    def test_limits_pass(self):
        self.write("lib/a.c", function(70) + "int x;\n" * 430)
        self.assert_clean(self.check("check-size", self.root))

    def test_long_function_is_reported_with_its_line(self):
        self.write("lib/dma/a.c", "int x;\n" + function(71))
        self.assert_reports(self.check("check-size", self.root),
                            "lib/dma/a.c:2: f() has 71 lines, more than 70")

    def test_long_function_in_a_header_is_reported(self):
        self.write("include/nvu/a.h", function(80))
        self.assert_reports(self.check("check-size", self.root), "include/nvu/a.h:1: f() has 80")

    def test_long_file_is_reported(self):
        self.write("test/a.c", function(10) + "int x;\n" * 491)
        self.assert_reports(self.check("check-size", self.root),
                            "test/a.c:501: 501 lines, more than 500")

    def test_long_script_is_reported(self):
        self.write("lib/a.c", function(10))
        self.write("scripts/long", "true\n" * 501)
        self.assert_reports(self.check("check-size", self.root), "scripts/long:501: 501 lines")

    def test_generated_table_does_not_count(self):
        table = "/* generated table: crc */\nint t[] = {\n" + "\t1,\n" * 600 + "};\n"
        self.write("lib/a.c", table + function(10))
        self.assert_clean(self.check("check-size", self.root))

    def test_lines_after_a_generated_table_count(self):
        table = "/* generated table: crc */\nint t[] = {\n" + "\t1,\n" * 600 + "};\n"
        self.write("lib/a.c", table + function(10) + "int x;\n" * 491)
        self.assert_reports(self.check("check-size", self.root), "501 lines")

    def test_nothing_to_check_is_reported(self):
        self.assert_reports(self.check("check-size", self.root), "no function found")


if __name__ == "__main__":
    tree.main()
