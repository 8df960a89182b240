#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the compiler makes of the barriers of base/mmio.h and their users, for arm64 and x86-64.

A weakly ordered processor shows a device the accesses of a program in another order, unless a barrier
that holds beyond the processors (outer shareable: dmb osh...) stands between them; no test on x86-64,
nor on an emulated arm64, can see that one is missing. Here the machine code is read: between two
accesses whose order the device relies on stands the barrier that keeps this order. And the half of a completion
entry that is of one moment is one load.
"""
import pathlib
import re
import subprocess
import unittest

import tree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CLANG = ("clang", "-ffreestanding", "-std=c11", "-O2", "-S", "-o", "-", "-I", str(ROOT / "lib"),
         "-I", str(ROOT / "include"))

PROBE = """
#include "ring/cq_ring.h"

/* 1234h: a command; 5678h: the tail that announces it. */
void ring_register(volatile uint32_t *entry, volatile void *reg)
{
\t*entry = 0x1234;
\tmmio_write32(reg, 0x5678);
}

uint64_t take_answer(const struct cq_ring *ring)
{
\tuint64_t answer = cq_ring_answer(ring);

\treturn answer + *(const volatile uint32_t *)&ring->next->dw0;
}
"""

ORDERS = {
    # target: [(function, what must follow what, in this order)]
    "aarch64-linux-gnu": [
        ("ring_register", ["entry", r"mov\s+w\d+, #4660.*", r"str\s", "barrier", r"dmb\s+oshst",
                           "register", r"stlr\s"]),
        ("take_answer", ["upper half", r"lda(r|pr)\s+x", "barrier", r"dmb\s+oshld", "the rest",
                         r"ldr\s"]),
        ("doorbell_write_slow", ["barrier", r"dmb\s+oshst", "shadow", r"stlr\s", "barrier",
                                  r"dmb\s+osh$", "event index", r"ldar\s", "barrier",
                                  r"dmb\s+oshst", "register", r"stlr\s"]),
    ],
    "x86_64-linux-gnu": [
        ("ring_register", ["entry", r"movl\s+\$4660, ", "register", r"movl\s+\$22136, "]),
        ("take_answer", ["upper half", r"mov\w*\s+8\(%r\w+\), %r", "the rest",
                         r"\w+\s+\(%r\w+\), %e"]),
        ("doorbell_write_slow", ["shadow", r"movl\s+%e\w+, \(%r", "barrier", r"lock\b",
                                  r"addl\s+\$0, -4\(%rsp\)", "event index",
                                  r"movl\s+\(%r\w+\), %e"]),
    ],
}

# Loads of bytes 8 to 15 of an entry, and the one that takes them all.
UPPER_PARTS = {
    "aarch64-linux-gnu": r"lda\w*\s|ldr\w*\s.*, #(8|10|12|14)\]",
    "x86_64-linux-gnu": r"mov\w*\s+(8|10|12|14)\(%r",
    "riscv64-linux-gnu": r"l[bhwd]u?\s+\w+, (8|10|12|14)\(",
}
UPPER_HALF = {
    "aarch64-linux-gnu": r"lda(r|pr)\s+x",
    "x86_64-linux-gnu": r"movq\s+8\(",
    "riscv64-linux-gnu": r"ld\s",
}


def assembly(target, source, text=None):
    """{function: its lines} of a source, compiled for a target."""
    done = subprocess.run([*CLANG, f"--target={target}", *(source if text is None else ("-xc", "-"))],
                          input=text, capture_output=True, text=True, check=True)
    functions, lines = {}, []
    for line in done.stdout.splitlines():
        label = re.match(r"^(\w+):", line)
        if label:
            lines = functions.setdefault(label.group(1), [])
        elif line.startswith("\t") and not line.startswith(("\t.", "\t#", "\t//")):
            lines.extend(part.strip() for part in line.split(";"))
    return functions


class Barriers(unittest.TestCase):
    def check(self, target):
        found = assembly(target, [], PROBE)
        found.update(assembly(target, [str(ROOT / "lib/ring/doorbell.c")]))
        for function, steps in ORDERS[target]:
            at, what = 0, ""
            for step in steps:
                if re.fullmatch(r"[a-z ]+", step):
                    what = step
                    continue
                rest = [idx for idx, line in enumerate(found[function])
                        if idx >= at and re.match(step, line)]
                self.assertTrue(rest, f"{target}: {function}(): no {what} ({step}) behind line "
                                f"{at} of\n" + "\n".join(found[function]))
                at = rest[0] + 1

    def test_half_of_a_completion_entry_is_one_load(self):
        for target, load in UPPER_HALF.items():
            code = assembly(target, [], PROBE)["take_answer"]
            barrier = [at for at, line in enumerate(code) if re.match("fence|dmb", line)]
            ahead = code[:barrier[0]] if barrier else code
            parts = [line for line in ahead if re.match(UPPER_PARTS[target], line)]
            self.assertEqual(len(parts), 1, f"{target}: " + "\n".join(code))
            self.assertRegex(parts[0], load)

    def test_arm64(self):
        self.check("aarch64-linux-gnu")

    def test_x86_64(self):
        self.check("x86_64-linux-gnu")


if __name__ == "__main__":
    if subprocess.run(["sh", "-c", "command -v clang"], stdout=subprocess.DEVNULL,
                      check=False).returncode:
        raise SystemExit(77)
    tree.main()
