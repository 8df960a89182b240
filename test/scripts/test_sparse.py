#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/check-sparse finds little-endian values that are used as integers."""
import json
import shutil
import unittest

import tree

HEAD = """/* SPDX-License-Identifier: MIT */
#ifdef __CHECKER__
#define BITWISE __attribute__((bitwise))
#else
#define BITWISE
#endif
typedef unsigned int BITWISE le32;
unsigned int get(le32 x);
unsigned int f(const le32 *x);
"""
GOOD = HEAD + "unsigned int f(const le32 *x)\n{\n\treturn get(*x) + 1;\n}\n"


@unittest.skipUnless(shutil.which("sparse"), "needs sparse")
class Sparse(tree.TreeTest):
    def project(self, text, path="lib/a.c", command="cc -c"):
        self.write(path, text)
        self.write("build/compile_commands.json",
                   json.dumps([{"file": "../" + path, "command": f"{command} ../{path}"}]))
        return self.check("check-sparse", self.root / "build", self.root)

    def test_converted_value_passes(self):
        self.assert_clean(self.project(GOOD))

    def test_unconverted_value_is_reported_with_the_line(self):
        self.assert_reports(self.project(GOOD.replace("get(*x)", "*x")),
                            "lib/a.c:12:16: warning: restricted le32 degrades to integer")

    def test_integer_for_a_wire_value_is_reported(self):
        self.assert_reports(self.project(GOOD.replace("get(*x) + 1", "get(1)")), "lib/a.c:12")

    def test_truncated_constant_is_reported(self):
        self.assert_reports(self.project(GOOD.replace("+ 1", "+ (unsigned char)300")),
                            "cast truncates bits")

    def test_macros_of_the_build_are_seen(self):
        text = GOOD.replace("get(*x)", "WORD").replace("return", "return 0 *")
        self.assert_clean(self.project(text, command="cc -DWORD=1 -c"))

    def test_other_folders_are_not_looked_at(self):
        self.assert_reports(self.project(GOOD.replace("get(*x)", "*x"), "other/a.c"), "0 files")

    def test_folder_that_is_no_build_is_named(self):
        self.assert_reports(self.check("check-sparse", self.root / "none", self.root), "is no build")


if __name__ == "__main__":
    tree.main()
