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

    def test_allowed_call_and_include_pass(self):
        self.assert_clean(self.library({
            "base/bits.h": "int bits(void);\n",
            "base/bits.c": '#include "base/bits.h"\nint bits(void) { return 1; }\n',
            "ctrl/ctrl.c": '#include "base/bits.h"\nint ctrl(void) { return bits(); }\n',
        }))

    def test_forbidden_call_is_reported_with_its_line(self):
        self.assert_reports(self.library({
            "base/bits.c": "int ctrl(void);\n\nint bits(void) { return ctrl(); }\n",
            "ctrl/ctrl.c": "int ctrl(void) { return 1; }\n",
        }), "lib/base/bits.c:1: base calls ctrl() of ctrl/ctrl.c, but base may use nothing only")

    def test_forbidden_use_of_data_is_reported(self):
        self.assert_reports(self.library({
            "dma/buf.c": "extern int depth;\nint buf(void) { return depth; }\n",
            "qpair/qpair.c": "int depth = 3;\n",
        }), "dma calls depth() of qpair/qpair.c, but dma may use base, transport only")

    def test_forbidden_include_is_reported_with_its_line(self):
        self.assert_reports(self.library({
            "ring/ring.h": '/* ring */\n#include "qpair/qpair.h"\n',
            "qpair/qpair.h": "struct qpair;\n",
            "base/bits.c": "int bits;\n",
        }), "lib/ring/ring.h:2: ring includes qpair/qpair.h, but ring may use")

    def test_use_of_the_mock_below_the_driver_is_reported(self):
        self.assert_reports(self.library({
            "mock/faults/fault.h": "struct fault;\n",
            "qpair/qpair.c": '#include "mock/faults/fault.h"\nint qpair;\n',
        }), "lib/qpair/qpair.c:1: qpair includes mock/faults/fault.h, but qpair may use base, spec, dma, ring only")

    def test_block_device_may_call_public_functions(self):
        self.assert_clean(self.library({
            "io/path.c": "int nvu_poll(void) { return 1; }\n",
            "block/pair.c": "int nvu_poll(void);\nint pair(void) { return nvu_poll(); }\n",
        }))

    def test_block_device_may_not_use_the_inside_of_the_library(self):
        self.assert_reports(self.library({
            "io/path.h": "int path(void);\n",
            "io/path.c": "int path(void) { return 1; }\n",
            "block/pair.c": "int path(void);\nint pair(void) { return path(); }\n",
        }), "lib/block/pair.c:1: block calls path() of io/path.c, but block uses public functions of others only")
        self.assert_reports(self.library({
            "io/path.h": "int path(void);\n",
            "block/pair.c": '#include "io/path.h"\nint pair;\n',
        }), "lib/block/pair.c:1: block includes io/path.h, but block uses public functions of others only")

    def test_folder_below_a_folder_is_one_of_its_own(self):
        self.assert_reports(self.library({
            "transport/vfio/vfio.h": "int vfio(void);\n",
            "dma/buf.c": '#include "transport/vfio/vfio.h"\nint buf(void) { return vfio(); }\n',
            "transport/vfio/vfio.c": '#include "transport/vfio/vfio.h"\nint vfio(void) { return 0; }\n',
        }), "lib/dma/buf.c:1: dma includes transport/vfio/vfio.h")

    def test_table_of_transports_may_use_the_mock(self):
        self.assert_clean(self.library({
            "mock/transport/mock.h": "int mock(void);\n",
            "mock/transport/mock.c": '#include "mock/transport/mock.h"\nint mock(void) { return 1; }\n',
            "address/address.c": '#include "mock/transport/mock.h"\nint address(void) { return mock(); }\n',
        }))

    def test_table_of_transports_may_not_use_the_inside_of_the_mock(self):
        self.assert_reports(self.library({
            "mock/queues/queue.h": "struct queue;\n",
            "address/address.c": '#include "mock/queues/queue.h"\nint address;\n',
        }), "lib/address/address.c:1: address includes mock/queues/queue.h, but address may use")

    def test_part_of_the_mock_that_uses_one_above_is_reported(self):
        self.assert_reports(self.library({
            "mock/queues/queue.c": "int engine(void);\nint queue(void) { return engine(); }\n",
            "mock/engine/engine.c": "int engine(void) { return 1; }\n",
        }), "lib/mock/queues/queue.c:1: mock/queues calls engine() of mock/engine/engine.c")

    def test_part_of_the_mock_that_uses_one_below_passes(self):
        self.assert_clean(self.library({
            "mock/engine/engine.c": "int queue(void);\nint engine(void) { return queue(); }\n",
            "mock/queues/queue.c": "int queue(void) { return 1; }\n",
        }))

    PICTURE = "# lib\n<!-- check-layers --picture -->\nold\n<!-- end of the picture -->\nmore\n"

    def test_old_picture_is_reported_and_written_again(self):
        files = {"base/bits.c": "int bits;\n",
                 "dma/buf.c": "extern int bits;\nint buf(void) { return bits; }\n"}
        readme = self.write("lib/README.md", self.PICTURE)
        self.assert_reports(self.library(files), "lib/README.md:2: the picture is not the graph")
        archive = self.root / "libnvu_internal.a"
        self.assert_clean(self.check("check-layers", "--root", self.root, "--archive", archive, "--picture"))
        self.assertIn("    dma --> base\n", readme.read_text(encoding="utf-8"))
        self.assertTrue(readme.read_text(encoding="utf-8").endswith("picture -->\nmore\n"))
        self.assert_clean(self.library(files))

    def test_picture_shows_the_mock_as_one_and_then_its_inside(self):
        readme = self.write("lib/README.md", self.PICTURE)
        self.library({"base/bits.c": "int bits;\n",
                      "mock/memory/store.c": "extern int bits;\nint store(void) { return bits; }\n",
                      "mock/model.c": "int store(void);\nint model(void) { return store(); }\n",
                      "mock/queues/queue.c": "int model(void);\nint queue(void) { return model(); }\n"})
        self.check("check-layers", "--root", self.root, "--archive", self.root / "libnvu_internal.a", "--picture")
        whole, inside = readme.read_text(encoding="utf-8").split("Inside `mock`:")
        self.assertIn("    mock --> base\n", whole)
        self.assertNotIn("mock/", whole)
        self.assertIn("    mock/queues --> mock\n", inside)
        self.assertIn("    mock --> mock/memory\n", inside)

    def test_readme_without_a_place_for_the_picture_is_reported(self):
        self.write("lib/README.md", "# lib\n")
        self.assert_reports(self.library({"base/bits.c": "int bits;\n"}), "the picture has no place")

    def test_call_cycle_within_a_layer_is_reported(self):
        result = self.library({
            "dma/a.c": "int b(void);\nint a(void) { return b(); }\n",
            "dma/b.c": "int c(void);\nint b(void) { return c(); }\n",
            "dma/c.c": "int a(void);\nint c(void) { return a(); }\n",
        })
        self.assert_reports(result, "lib/dma/a.c:1: in a cycle: calls b() of dma/b.c")
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
        }), "lib/util/misc.h:1: belongs to no folder")

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
