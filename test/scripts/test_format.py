#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/check-format finds misformatted C and files without a licence line."""
import shutil
import unittest

import tree

SPDX = "/* SPDX-License-Identifier: MIT */\n"
GOOD = SPDX + "int f(int x)\n{\n\treturn x;\n}\n"


@unittest.skipUnless(shutil.which("clang-format"), "needs clang-format")
class Format(tree.TreeTest):
    def project(self, path, text):
        shutil.copy(tree.SCRIPTS.parent / ".clang-format", self.root)
        self.write("meson.build", "# SPDX-License-Identifier: MIT\n")
        self.write("meson_options.txt", "# SPDX-License-Identifier: MIT\n")
        self.write("lib/good.c", GOOD)
        self.write(path, text)
        return self.check("check-format", self.root)

    def test_formatted_file_passes(self):
        self.assert_clean(self.project("lib/a.c", GOOD))

    def test_spaces_for_tabs_are_reported_with_the_line(self):
        self.assert_reports(self.project("lib/a.c", GOOD.replace("\treturn", "    return")),
                            "lib/a.c:3:2: error")

    def test_header_is_covered(self):
        self.assert_reports(self.project("include/nvu/a.h", GOOD.replace("\n{", " {")),
                            "include/nvu/a.h:2")

    def test_source_without_licence_is_reported(self):
        self.assert_reports(self.project("lib/a.c", GOOD.replace(SPDX, "")),
                            "lib/a.c:1: no SPDX-License-Identifier")

    def test_script_without_licence_is_reported(self):
        self.assert_reports(self.project("scripts/run", "#!/bin/sh\n# none\ntrue\n"),
                            "scripts/run:1: no SPDX-License-Identifier")

    def test_licence_further_down_is_reported(self):
        self.assert_reports(self.project("scripts/run", "#!/bin/sh\n#\n# SPDX-License-Identifier: MIT\n"),
                            "scripts/run:1: no SPDX-License-Identifier")

    def script(self, line, options="-o pipefail"):
        head = f"#!/bin/bash\n# SPDX-License-Identifier: MIT\nset {options}\n"
        return self.project("scripts/run", head + line + "\n")

    def test_pipe_that_ends_early_is_reported(self):
        for line in ("ldd a | grep -q b", "ldd a | grep -i -qx b || exit 1", "ls | head -n 1"):
            self.assert_reports(self.script(line), "scripts/run:4: the writer may be ended by SIGPIPE")

    def test_pipe_that_cannot_fail_passes(self):
        for line in ("# ldd a | grep -q b", "grep -q b <<<$a", "a || grep -q b c", "x=$(ls | head -n 1)"):
            self.assert_clean(self.script(line))
        self.assert_clean(self.script("ldd a | grep -q b", "-u"))


if __name__ == "__main__":
    tree.main()
