# SPDX-License-Identifier: MIT
"""nvu.py: commands of gdb that show a queue pair, a controller or a buffer of nvu in words.

    (gdb) source scripts/gdb/nvu.py
    (gdb) nvu qpair qpair     # rings, doorbells, and each command in flight with its deadline
    (gdb) nvu ctrl ctrl       # state, queues, waiting events
    (gdb) nvu buf buf         # range of memory and of I/O addresses

The argument is any expression of type struct nvu_qpair *, struct nvu_ctrl * or struct nvu_dma *, or an
address of one, of a living process or a core file. The library needs its symbols (-g: every build but
--buildtype=release). Nothing in the process is called or changed.
"""
import pathlib
import re

import gdb

SQE_BYTES, CQE_BYTES, IN_FLIGHT_SHOWN = 64, 16, 64
CQE_PHASE = 1 << 48  # in the upper half of a completion entry
FREE, TIMED, DEADLINE_BITS, DEADLINE_UNIT_MS = 1 << 63, 1, 30, 4  # of a record's state: lib/qpair/inflight.h, deadline.c
COMMANDS = pathlib.Path(__file__).resolve().parent.parent.parent / "lib/spec/commands.def"
# Of the NVM command set and the zoned one; what the key value one has instead is not distinguished.
OPCODES = {int(opcode, 16): name for opcode, name in re.findall(
    r'^COMMAND\((?:IO|NVM|ZONED), \w+, (0x[0-9a-f]+), "([^"]+)"', COMMANDS.read_text(), re.M)}


def pointer(argument, name):
    """The argument as a pointer to struct `name`."""
    if not argument.strip():
        raise gdb.GdbError(f"which one? An expression of type struct {name} * is missing")
    try:
        kind = gdb.lookup_type(f"struct {name}")
    except gdb.error:
        raise gdb.GdbError(f"no struct {name}: the library has no debugging symbols (build it with "
                           "--buildtype=debugoptimized)") from None
    value = gdb.parse_and_eval(argument)
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        value = value.address
    value = value.cast(kind.pointer())
    if int(value) == 0:
        raise gdb.GdbError(f"{argument} is NULL")
    try:
        value.dereference().fetch_lazy()
    except gdb.MemoryError:
        raise gdb.GdbError(f"there is no memory at {int(value):#x}") from None
    return value


def number(field):
    return int(field)


def le(value, offset, size):
    """A little-endian number at an address."""
    data = gdb.selected_inferior().read_memory(int(value) + offset, size)
    return int.from_bytes(bytes(data), "little")


def index(ring, entry, entry_bytes):
    return (int(entry) - int(ring["first"])) // entry_bytes


def enum_name(value):
    """QPAIR_LIVE as live."""
    return str(value).partition("_")[2].lower() or str(value)


class Qpair:
    def __init__(self, qpair):
        self.qpair, self.sq, self.cq = qpair, qpair["sq"], qpair["cq"]
        self.table = qpair["inflight"]

    def print(self):
        qpair = self.qpair
        print(f"queue pair {number(qpair['id'])}, {number(qpair['entries'])} entries, "
              f"{enum_name(qpair['state'])}, of controller {self.owner()}")
        self.print_rings()
        print(f"  completed {number(qpair['completed'])}, failed {number(qpair['failed'])}, late "
              f"{number(qpair['timeouts'])}, refused as full {number(qpair['full'])}, entries that "
              f"answered nothing {number(qpair['bad_completions'])}, empty polls "
              f"{number(qpair['empty_polls'])}")
        print(f"  deadline {number(qpair['timeout_ms'])} ms; life {number(qpair['recovery']['epoch'])} of the "
              f"controller; doorbells {'closed' if number(qpair['gate']['closed']) else 'open'}")
        self.print_in_flight()

    def owner(self):
        ctrl = self.qpair["ctrl"]
        return f"{int(ctrl):#x}" if int(ctrl) else "none (it is closed)"

    def print_rings(self):
        slot, published = (index(self.sq, self.sq[name], SQE_BYTES) for name in ("slot", "published"))
        size = (int(self.sq["end"]) - int(self.sq["first"])) // SQE_BYTES
        print(f"  submission: next slot {slot}, {(slot - published) % size} queued and not submitted")
        head = index(self.cq, self.cq["next"], CQE_BYTES)
        print(f"  completion: next entry {head}, {self.pending()} answered and not polled")

    def pending(self):
        entry, known = int(self.cq["next"]), number(self.cq["known"])
        first, end = int(self.cq["first"]), int(self.cq["end"])
        for count in range((end - first) // CQE_BYTES):
            if (le(entry, 8, 8) ^ known) & CQE_PHASE:
                return count
            entry += CQE_BYTES
            if entry == end:
                entry, known = first, known ^ CQE_PHASE
        return (end - first) // CQE_BYTES

    def entries(self):
        """{identifier: address} of what the submission ring still holds: the latest use of each."""
        first, end, slot = (int(self.sq[name]) for name in ("first", "end", "slot"))
        found = {}
        for entry in (*range(slot, end, SQE_BYTES), *range(first, slot, SQE_BYTES)):
            found[le(entry, 2, 2)] = entry
        return found

    def print_in_flight(self):
        records, mask = self.table["records"], number(self.table["mask"])
        entries, shown, count = self.entries(), [], 0
        for slot in range(mask):
            state = number(records[slot]["state"])
            if state & FREE:
                continue
            count += 1
            if len(shown) < IN_FLIGHT_SHOWN:
                shown.append(self.describe(slot, records[slot], entries.get(state >> 16 & 0xffff)))
        print(f"  in flight: {count}" + (f", the first {len(shown)} of them" if count > len(shown) else ""))
        for line in shown:
            print(line)

    def time_left(self, record):
        state, now_ms = number(record["state"]), number(self.qpair["now_ms"])
        if not state & TIMED:
            return "no deadline yet"
        half = 1 << DEADLINE_BITS - 1
        units = ((state >> 32) - now_ms // DEADLINE_UNIT_MS + half) % (2 * half) - half
        return f"{units * DEADLINE_UNIT_MS} ms left when the clock was read last"

    def describe(self, slot, record, entry):
        cid = number(record["state"]) >> 16 & 0xffff
        text = (f"    slot {slot}: identifier {cid:#06x}, user data "
                f"{number(record['user_data']):#x}, {self.time_left(record)}")
        if entry is None:
            return text
        opcode = le(entry, 0, 1)
        lba, blocks = le(entry, 40, 8), le(entry, 48, 2) + 1
        where = f", block {lba}, {blocks} blocks" if opcode in (1, 2, 4, 5, 8, 0x0c) else ""
        return text + f": {OPCODES.get(opcode, f'opcode {opcode:#04x}')}, namespace {le(entry, 4, 4)}{where}"


def print_ctrl(ctrl):
    dead, enabled = number(ctrl["dead"]), number(ctrl["enabled"])
    state = f"dead ({dead})" if dead else "enabled" if enabled else "disabled"
    print(f"controller {ctrl['transport']['name'].string()}: {state}, life {number(ctrl['epoch'])}, "
          f"CC {number(ctrl['cc']):#010x}, quirks {number(ctrl['quirks']):#x}")
    info = ctrl["info"]
    print(f"  I/O queues {number(info['io_queues'])}, of at most {number(ctrl['caps']['max_entries'])} "
          f"entries; largest transfer {number(info['max_transfer_bytes'])} bytes; shadow doorbells "
          f"{'in use' if number(ctrl['shadowed']) else 'not in use'}")
    print(f"  waiting events {number(ctrl['event_count'])}, event requests at the controller "
          f"{number(ctrl['events_armed'])}; admin queue {int(ctrl['admin']):#x}")
    qpair, count = ctrl["qpairs"], 0
    while int(qpair) and count < 65536:
        print(f"  queue pair {number(qpair['id'])}: {int(qpair):#x}, {enum_name(qpair['state'])}")
        qpair, count = qpair["next"], count + 1
    if not count:
        print("  no queue pairs")


def print_buf(buf):
    length = number(buf["len"])
    if not length:
        print(f"buffer {int(buf):#x}: freed")
        return
    print(f"buffer {int(buf):#x}: {length} bytes at {int(buf['addr']):#x}, I/O address "
          f"{number(buf['iova']):#x}, the device may {'read and write' if number(buf['write_len']) else 'read'}")
    print(f"  {'allocated by nvu' if number(buf['owns_memory']) else 'registered by the program'}; page list "
          f"{number(buf['list_iova']):#x}; domain {int(buf['domain']):#x}; commands that use it (counted "
          f"with NVU_CHECK only): {number(buf['in_flight'])}")


class Nvu(gdb.Command):
    """Show what nvu knows: nvu qpair EXPRESSION, nvu ctrl EXPRESSION, nvu buf EXPRESSION."""

    def __init__(self):
        super().__init__("nvu", gdb.COMMAND_DATA, prefix=True)


class NvuQpair(gdb.Command):
    """nvu qpair EXPRESSION: a queue pair's rings, counters and commands in flight."""

    def __init__(self):
        super().__init__("nvu qpair", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, _from_tty):
        Qpair(pointer(argument, "nvu_qpair")).print()


class NvuCtrl(gdb.Command):
    """nvu ctrl EXPRESSION: a controller's state, its queue pairs and waiting events."""

    def __init__(self):
        super().__init__("nvu ctrl", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, _from_tty):
        print_ctrl(pointer(argument, "nvu_ctrl"))


class NvuBuf(gdb.Command):
    """nvu buf EXPRESSION: a DMA buffer's memory and I/O addresses."""

    def __init__(self):
        super().__init__("nvu buf", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, _from_tty):
        print_buf(pointer(argument, "nvu_dma"))


Nvu()
NvuQpair()
NvuCtrl()
NvuBuf()
