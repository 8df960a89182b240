#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scripts/check-layers finds each kind of violation that is planted, and nothing else."""
import subprocess

import tree


class Layers(tree.TreeTest):
    def library(self, files):
        """Write lib/ files and put their objects into an archive, named as meson names them."""
        objects = []
        for path, text in files.items():
            source = self.write("lib/" + path, text)
            if source.suffix == ".c":
                out = self.root / (path.replace("/", "_") + ".o")
                subprocess.run([*tree.CC, "-Wno-implicit-function-declaration", "-c", source,
                                "-I", self.root / "lib", "-o", out], check=True)
                objects.append(out)
        archive = self.root / "libnvu_internal.a"
        archive.unlink(missing_ok=True)
        subprocess.run(["ar", "rcT", archive, *objects], check=True)
        return self.check("check-layers", "--root", self.root, "--archive", archive)

    def test_downward_call_and_include_pass(self):
        self.assert_clean(self.library({
            "base/bits.h": "int bits(void);\n",
            "base/bits.c": '#include "base/bits.h"\nint bits(void) { return 1; }\n',
            "ctrl/ctrl.c": '#include "base/bits.h"\nint ctrl(void) { return bits(); }\n',
        }))

    def test_upward_call_is_reported_with_its_line(self):
        self.assert_reports(self.library({
            "base/bits.c": "int ctrl(void);\n\nint bits(void) { return ctrl(); }\n",
            "ctrl/ctrl.c": "int ctrl(void) { return 1; }\n",
        }), "lib/base/bits.c:1: base calls ctrl() upward into ctrl: ctrl/ctrl.c")

    def test_upward_use_of_data_is_reported(self):
        self.assert_reports(self.library({
            "dma/buf.c": "extern int depth;\nint buf(void) { return depth; }\n",
            "qpair/qpair.c": "int depth = 3;\n",
        }), "upward into qpair")

    def test_upward_include_is_reported_with_its_line(self):
        self.assert_reports(self.library({
            "ring/ring.h": '/* ring */\n#include "qpair/qpair.h"\n',
            "qpair/qpair.h": "struct qpair;\n",
            "base/bits.c": "int bits;\n",
        }), "lib/ring/ring.h:2: ring includes upward into qpair: qpair/qpair.h")

    def test_call_cycle_within_a_layer_is_reported(self):
        result = self.library({
            "dma/a.c": "int b(void);\nint a(void) { return b(); }\n",
            "dma/b.c": "int c(void);\nint b(void) { return c(); }\n",
            "dma/c.c": "int a(void);\nint c(void) { return a(); }\n",
        })
        self.assert_reports(result, "lib/dma/a.c:1: in a cycle: calls b() dma/b.c")
        self.assertIn("3 violations", result[1])

    def test_call_chain_within_a_layer_passes(self):
        self.assert_clean(self.library({
            "dma/a.c": "int b(void);\nint a(void) { return b(); }\n",
            "dma/b.c": "int c(void);\nint b(void) { return c(); }\n",
            "dma/c.c": "int c(void) { return 0; }\n",
        }))

    def test_include_cycle_within_a_layer_is_reported(self):
        self.assert_reports(self.library({
            "dma/a.h": '#include "dma/b.h"\n',
            "dma/b.h": '#include "dma/a.h"\n',
            "base/bits.c": "int bits;\n",
        }), "lib/dma/a.h:1: in a cycle: includes dma/b.h")

    def test_folder_outside_the_layers_is_reported(self):
        self.assert_reports(self.library({
            "util/misc.h": "\n",
            "base/bits.c": "int bits;\n",
        }), "lib/util/misc.h:1: belongs to no layer")

    def test_nvme_header_in_a_layer_without_nvme_is_reported(self):
        self.assert_reports(self.library({
            "dma/a.h": "#include <nvu/types.h>\n#include <nvu/spec.h>\n",
            "base/bits.c": "int bits;\n",
        }), "lib/dma/a.h:2: dma knows nothing of NVMe")

    def test_include_not_relative_to_lib_is_reported(self):
        self.assert_reports(self.library({
            "base/bits.h": "\n",
            "base/bits.c": '#include "bits.h"\nint bits;\n',
        }), "lib/base/bits.c:1: \"bits.h\" is not relative to lib/")

    def test_source_that_is_not_built_is_reported(self):
        self.library({"base/bits.c": "int bits;\n"})
        self.write("lib/base/more.c", "int more;\n")
        self.assert_reports(self.check("check-layers", "--root", self.root, "--archive",
                                       self.root / "libnvu_internal.a"),
                            "lib/base/more.c:1: is not in libnvu_internal.a")

    def test_missing_archive_is_reported(self):
        self.assert_reports(self.check("check-layers", "--root", self.root), "build first")


if __name__ == "__main__":
    tree.main()
