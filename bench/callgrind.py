# SPDX-License-Identifier: MIT
"""callgrind.py: reads what callgrind writes, and tells whose instructions they are.

Counted is the code of the library without the mock (lib/mock), and for perf the code of tools/perf;
what they call outside of both (libc, and the clock that hot.c puts in its place) counts as theirs.
The caller's own code and the mock do not count.
"""
import collections
import os
import pathlib


class Profile:
    """Costs of one run: per function, per source line, per instruction; each a tuple of events."""

    def __init__(self, root, parts):
        self.root = os.path.join(root, "")
        self.parts = parts  # folders whose functions count
        self.events = []
        self.functions = collections.Counter()
        self.lines = collections.Counter()
        self.addresses = collections.Counter()
        self.outside = collections.Counter()  # what counted code calls elsewhere
        self.place = {}  # address: (object, function, file, line)

    def relative(self, name):
        """A path as the tree has it; the compiler gives it by way of the build folder."""
        name = os.path.normpath(name)
        return name[len(self.root):] if name.startswith(self.root) else name

    def counts(self, file):
        # lib/spec: tables that the mock asks for each command, and the driver when it sends one again.
        return file.startswith(self.parts) and not file.startswith(("lib/mock/", "lib/spec/"))

    def read(self, path, event="Ir"):
        """Adds up one event, or several joined by +."""
        state = {"ob": "", "fl": "", "fn": ""}
        home = file = callee = ""
        is_call = False
        columns = []
        for row in pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
            if row.startswith("events:"):
                self.events = row.split()[1:]
                columns = [2 + self.events.index(name) for name in event.split("+")]
            elif row.startswith(("ob=", "fl=", "fn=", "fi=", "fe=", "cfn=", "cfi=", "cfl=", "cob=")):
                key, value = row.split("=", 1)
                if key == "fl":
                    home = file = self.relative(value)
                elif key in ("fi", "fe"):
                    file = self.relative(value)
                elif key in ("cfi", "cfl"):
                    callee = self.relative(value)
                elif key in ("ob", "fn"):
                    state[key] = value
                    callee = home if key == "fn" else callee
            elif row.startswith("calls="):
                is_call = True
            elif row.startswith("0x"):
                cells = row.split()
                cost = sum(int(cells[c]) for c in columns if c < len(cells))
                if is_call:
                    self.add_call(home, callee, cost)
                    is_call, callee = False, home
                else:
                    self.add(home, file, state, cells, cost)
        return self

    def add_call(self, home, callee, cost):
        elsewhere = not callee.startswith(self.parts + ("lib/", "bench/hot_perf.c", "bench/hot_block.c"))
        if self.counts(home) and elsewhere:
            self.outside[callee] += cost

    def add(self, home, file, state, cells, cost):
        if not self.counts(home):
            return
        address, line = int(cells[0], 16), cells[1]
        function = state["fn"].split("'")[0]
        self.functions[function] += cost
        self.lines[f"{file}:{line}"] += cost
        self.addresses[address] += cost
        self.place[address] = (state["ob"], function, f"{file}:{line}")

    def total(self):
        return sum(self.functions.values()) + sum(self.outside.values())
