#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_plugin.py PLUGIN: the nbdkit plugin on mock controllers, as clients of NBD see it.

Without nbdkit, or a client, it is skipped (77).
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

PLUGIN = ""
TIMEOUT = 60


def serve(address, command, *parameters):
    """Runs a shell command beside a server; $uri is its address."""
    return subprocess.run(["nbdkit", "-U", "-", PLUGIN, *parameters, address, "--run", command],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False)


def qemu_io(*commands):
    return "qemu-io -f raw " + " ".join(f'-c "{command}"' for command in commands) + ' "$uri"'


class Plugin(unittest.TestCase):
    def info(self, address, *parameters):
        result = serve(address, 'nbdinfo --json --list "$uri"', *parameters)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["exports"]

    def passes(self, address, *commands, parameters=()):
        result = serve(address, qemu_io(*commands), *parameters)
        text = result.stdout + result.stderr
        self.assertEqual(result.returncode, 0, text)
        self.assertNotIn("failed", text)

    def test_each_namespace_is_an_export(self):
        exports = self.info("mock:size=8M,ns=3,lba=4096")
        self.assertEqual([each["export-name"] for each in exports], ["1", "2", "3"])
        self.assertEqual([each["export-size"] for each in exports], [8 << 20] * 3)
        self.assertIn("2048 blocks of 4096 bytes", exports[1]["description"])

    def test_the_drive_says_what_it_can(self):
        export = self.info("mock:size=8M")[0]
        for name in ("can_flush", "can_fua", "can_trim", "can_zero", "can_fast_zero", "can_multi_conn"):
            self.assertTrue(export[name], name)
        self.assertFalse(export["is_rotational"])
        self.assertEqual(export["block_minimum"] if "block_minimum" in export else export["block_size_minimum"], 1)

    def test_the_namespace_of_the_address_is_the_default(self):
        result = serve("mock:size=8M,ns=3#2", 'nbdinfo --json "$uri"')
        self.assertEqual(json.loads(result.stdout)["exports"][0]["export-name"], "2", result.stderr)

    def test_any_bytes_are_read_as_they_were_written(self):
        self.passes("mock:size=8M", "write -P 17 1000 70000", "read -P 17 1000 70000", "read -P 0 0 1000",
                    "read -P 0 71000 1000")

    def test_zero_discard_flush_and_fua(self):
        self.passes("mock:size=8M,cache=1M", "write -f -P 3 0 1M", "write -z 64k 64k", "read -P 0 64k 64k",
                    "read -P 3 128k 64k", "discard 512k 512k", "read -P 0 512k 512k", "flush")

    def test_other_parameters_are_taken(self):
        self.passes("mock:size=8M", "write -P 5 0 1M", "read -P 5 0 1M",
                    parameters=("queues=1", "depth=4", "bounce=256k", "interrupt=true"))

    def test_connections_share_what_is_written(self):
        command = f'nbdcopy "$uri" - >/dev/null; {qemu_io("write -P 9 0 4k", "flush")}; {qemu_io("read -P 9 0 4k")}'
        result = serve("mock:size=8M", command)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertNotIn("failed", result.stdout + result.stderr)

    def test_an_image_is_copied_in_and_out(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("in", "out")]
            with open(paths[0], "wb") as file:
                file.write(os.urandom(8 << 20))
            result = serve("mock:size=8M", f'nbdcopy {paths[0]} "$uri" && nbdcopy "$uri" {paths[1]}')
            self.assertEqual(result.returncode, 0, result.stderr)
            with open(paths[0], "rb") as first, open(paths[1], "rb") as second:
                self.assertEqual(first.read(), second.read())

    def test_a_file_beside_the_server_keeps_the_data(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "drive")
            with open(path, "wb") as file:
                file.truncate(1 << 20)
            for command in (qemu_io("write -P 7 0 4k", "flush"), qemu_io("read -P 7 0 4k")):
                result = subprocess.run(["nbdkit", "-U", "-", PLUGIN, "mock:file=drive", "--run", command],
                                        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        timeout=TIMEOUT, check=False)
                self.assertEqual(result.returncode, 0, result.stdout)
                self.assertNotIn("failed", result.stdout)

    def test_a_media_error_is_an_io_error_with_a_sentence(self):
        result = serve("mock:size=8M,fault=status:op=read:status=0x281:count=1",
                       qemu_io("read 4k 4k") + "; " + qemu_io("read 4k 4k"))
        self.assertIn("read failed: Input/output error", result.stdout + result.stderr)
        self.assertIn("blocks 8 to 15 of namespace 1: an unrecovered read error", result.stderr)
        self.assertIn("read 4096/4096", result.stdout)

    def test_a_drive_that_leaves_does_not_end_the_server(self):
        result = serve("mock:size=8M,fault=gone:op=write:count=1", qemu_io("write 0 4k", "read 0 4k") + "; true")
        self.assertIn("failed", result.stdout + result.stderr)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_export_that_is_not_there(self):
        for name in ("9", "x", "01", "-1", "99999999999", "1x"):
            with self.subTest(name=name):
                result = serve("mock:size=8M", f'nbdinfo "nbd+unix:///{name}?socket=$unixsocket"')
                self.assertNotEqual(result.returncode, 0)
                self.assertRegex(result.stderr, "there is no export|namespace 9")

    def test_wrong_parameters_are_named(self):
        for parameters, text in ((["mock:lba=7"], "expected a number from 512"),
                                 (["nothing"], "nothing"),
                                 (["mock:", "depth=x"], "depth"),
                                 (["mock:", "bounce=5G"], "bounce=5G"),
                                 (["mock:", "interrupt=perhaps"], "perhaps"),
                                 (["mock:", "colour=red"], 'unknown parameter "colour"'),
                                 (["mock:", "address=mock:"], "given twice"),
                                 ([], "nbdkit nvu mock:size=1G")):
            with self.subTest(parameters=parameters):
                result = subprocess.run(["nbdkit", "-f", "-U", "-", PLUGIN, *parameters],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT,
                                        check=False)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(text, result.stderr)

    def test_help_and_version(self):
        text = subprocess.run(["nbdkit", PLUGIN, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn("address=", text)
        text = subprocess.run(["nbdkit", PLUGIN, "--dump-plugin"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        self.assertRegex(text, r"(?m)^nvu_version=\d")
        self.assertIn("magic_config_key=address", text)


if __name__ == "__main__":
    for program in ("nbdkit", "nbdinfo", "nbdcopy", "qemu-io"):
        if not shutil.which(program):
            print(f"there is no {program}")
            sys.exit(77)
    PLUGIN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
