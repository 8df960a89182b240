#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/build sets a folder up, leaves it alone, and brings it to other options."""
import shutil
import subprocess

import tree

CROSS = """[binaries]
c = '{cc}'
ar = 'ar'
[properties]
needs_exe_wrapper = false
[host_machine]
system = 'linux'
cpu_family = '{family}'
cpu = '{family}'
endian = 'little'
"""


class Build(tree.TreeTest):
    def setUp(self):
        super().setUp()
        for tool in ("meson", "ninja"):
            if not shutil.which(tool):
                self.skipTest(f"there is no {tool}")
        self.write("meson.build", """project('p', 'c')
message('for ' + host_machine.cpu_family())
executable('a', 'a.c', c_args: '-DFAMILY="' + host_machine.cpu_family() + '"')
""")
        self.write("a.c", """#include <stdio.h>
#ifndef NUMBER
#define NUMBER 0
#endif
int main(void) { printf("%s %d", FAMILY, NUMBER); return 0; }
""")
        (self.root / "scripts").mkdir()
        shutil.copy(tree.SCRIPTS / "build", self.root / "scripts/build")

    def build(self, *options):
        """What the script said, and what the program that it built prints."""
        done = subprocess.run([str(self.root / "scripts/build"), "out", *options], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout, subprocess.run([str(self.root / "out/a")], text=True, check=True,
                                           stdout=subprocess.PIPE).stdout

    def cross(self, family):
        file = self.write(f"{family}.ini", CROSS.format(cc=tree.CC[-1], family=family))
        return f"--cross-file={file}"

    def test_folder_is_left_alone_without_other_options(self):
        options = "-Dc_args=-DNUMBER=1", "-Dwerror=true"
        printed = self.build(*options)[1]
        self.assertTrue(printed.endswith(" 1"))
        before = (self.root / "out/build.ninja").stat().st_mtime_ns
        self.assertEqual(self.build(*options), ("", printed))
        self.assertEqual(self.build(), ("", printed))
        self.assertEqual((self.root / "out/build.ninja").stat().st_mtime_ns, before)

    def test_other_options_are_taken_and_said(self):
        self.assertTrue(self.build("-Dc_args=-DNUMBER=1")[1].endswith(" 1"))
        said, printed = self.build("-Dc_args=-DNUMBER=2", "-Dwerror=true")
        self.assertIn("out: set up from the start", said)
        self.assertTrue(printed.endswith(" 2"))
        self.assertTrue(self.build("-Dwerror=true")[1].endswith(" 0"), "dropped when left out")

    def test_cross_build_takes_other_options_and_another_file(self):
        mips = self.cross("mips")
        self.assertEqual(self.build(mips, "-Dc_args=-DNUMBER=1")[1], "mips 1")
        self.assertEqual(self.build(mips, "-Dc_args=-DNUMBER=2")[1], "mips 2")
        self.assertEqual(self.build(self.cross("sparc"))[1], "sparc 0")

    def test_folder_set_up_by_hand_keeps_its_options(self):
        subprocess.run(["meson", "setup", "out", "-Dc_args=-DNUMBER=3"], cwd=self.root, check=True,
                       stdout=subprocess.DEVNULL)
        said, printed = self.build("-Dwerror=true")
        self.assertEqual(said, "")
        self.assertTrue(printed.endswith(" 3"))


if __name__ == "__main__":
    tree.main()
