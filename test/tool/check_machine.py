#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_machine.py NVU: list, doctor, take and give on a machine in a folder (fake_machine.c)."""
import json
import os
import pathlib
import pwd
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

BDF, OTHER = "0000:01:00.0", "0000:02:00.0"


class Machine:
    """A machine in a folder: sys, dev, run, and proc where a test wants it."""

    def __init__(self, program, root):
        self.program, self.root = program, root
        self.pci = root / "sys/bus/pci"
        for folder in "drivers/nvme", "drivers/vfio-pci", "devices":
            (self.pci / folder).mkdir(parents=True)
        (self.pci / "drivers_probe").touch()
        (self.pci / "drivers/nvme/bind").touch()
        (root / "dev/vfio").mkdir(parents=True)
        (root / "dev/vfio/vfio").touch()
        (root / "run").mkdir()

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")

    def device(self, bdf, driver, group, code="0x010802"):
        folder = self.pci / "devices" / bdf
        folder.mkdir()
        for name, text in ("class", code), ("driver_override", "\n"), ("vendor", "0x144d"), ("device", "0xa80a"):
            (folder / name).write_text(text + "\n", encoding="ascii")
        if driver:
            (self.pci / "drivers" / driver).mkdir(exist_ok=True)
            (folder / "driver").symlink_to(self.pci / "drivers" / driver)
        if group is not None:
            members = self.root / f"sys/kernel/iommu_groups/{group}/devices"
            (members / bdf).mkdir(parents=True)
            (folder / "iommu_group").symlink_to(members.parent)
            (self.root / f"dev/vfio/{group}").touch()

    def disk(self, bdf, ctrl, disk, partitions=()):
        """The kernel's driver has made a disk of a drive."""
        folder = self.pci / "devices" / bdf / "nvme" / ctrl
        (folder / disk).mkdir(parents=True)
        (folder / "model").write_text("Fast Drive 1T   \n", encoding="ascii")
        (folder / "serial").write_text("S123   \n", encoding="ascii")
        for minor, name in enumerate([disk, *partitions]):
            block = self.root / "sys/class/block" / name
            (block / "holders").mkdir(parents=True)
            (block / "dev").write_text(f"259:{minor}\n", encoding="ascii")
            (self.root / "dev" / name).touch()
        for name in partitions:
            (self.root / "sys/class/block" / disk / name).mkdir()

    def environment(self):
        return {**os.environ, "NVU_FAKE_MACHINE": str(self.root)}

    def start(self, *arguments):
        return subprocess.Popen([self.program, *arguments], env=self.environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def run(self, *arguments):
        """(exit status, stdout, stderr)."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def works(self, *arguments):
        status, out, err = self.run(*arguments)
        assert (status, err) == (0, ""), (arguments, status, out, err)
        return out

    def refused(self, status, words, *arguments):
        got, out, err = self.run(*arguments)
        assert got == status and err.count("\n") == 1 and not out, (arguments, got, out, err)
        for word in words:
            assert word in err, (word, err)

    def driver(self, bdf=BDF):
        link = self.pci / "devices" / bdf / "driver"
        return os.path.basename(os.readlink(link)) if link.is_symlink() else ""


def usual(machine):
    machine.device(BDF, "nvme", 5)
    machine.disk(BDF, "nvme0", "nvme0n1", ["nvme0n1p1"])
    machine.device("0000:00:02.0", "vga", 1, "0x030000")


def until(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def check_list(machine):
    assert "no NVMe drives" in machine.works("list")
    assert json.loads(machine.works("list", "--json")) == []
    usual(machine)
    machine.device(OTHER, "vfio-pci", 6)
    said = machine.works("list")
    assert "Fast Drive 1T  S123" in said and f"nvu take {BDF}" in said and "ready for nvu" in said, said
    first, second = json.loads(machine.works("list", "--json"))
    assert first["address"] == BDF and first["driver"] == "nvme" and first["iommu_group"] == 5, first
    assert first["model"] == "Fast Drive 1T" and first["serial"] == "S123" and first["node"] == "nvme0", first
    assert not first["ready"] and first["uses"] == [] and first["pci_id"] == "144d:a80a", first
    assert second["ready"] and second["driver"] == "vfio-pci", second
    with open(machine.root / "dev/vfio/6", "r+b"):
        second = json.loads(machine.works("list", "--json"))[1]
        assert second["user_pid"] == os.getpid() and not second["ready"], second
        assert f"in use by process {os.getpid()}" in machine.works("list")


def check_doctor(machine):
    status, said, _ = machine.run("doctor")
    assert status == 1 and "missing IOMMU" in said and "VT-d" in said, said
    usual(machine)
    assert "this machine is ready" in machine.works("doctor")
    status, said, _ = machine.run("doctor", BDF)
    assert status == 1 and f"nvu take {BDF}" in said and "nothing uses it" in said, said
    checks = {each["check"]: each for each in json.loads(machine.run("doctor", "--json", "01:00.0")[1])}
    assert checks["IOMMU"]["ok"] and not checks["driver"]["ok"] and "nvu take" in checks["driver"]["fix"], checks
    machine.write("sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "100\n")
    (machine.root / "dev/vfio/vfio").unlink()
    (machine.pci / "drivers/vfio-pci").rmdir()
    status, said, _ = machine.run("doctor")
    assert status == 1 and said.count("missing") == 3 and "dma_entry_limit is 100" in said, said
    assert "modprobe vfio-pci" in said and "--device /dev/vfio/vfio" in said, said
    machine.refused(1, ["no such NVMe drive", "nvu list"], "doctor", OTHER)


def check_take_and_give(machine):
    usual(machine)
    (machine.pci / "drivers/vfio-pci").rmdir()  # modprobe makes it
    assert f"nvu give {BDF}" in machine.works("take", "01:00.0")
    assert machine.driver() == "vfio-pci"
    assert (machine.root / f"run/nvu/{BDF}.driver").read_text(encoding="ascii") == "nvme\n"
    assert "ready for nvu" in machine.works("doctor", BDF)
    machine.works("take", BDF)  # it is taken already
    with open(machine.root / "dev/vfio/5", "r+b"):
        machine.refused(1, ["is in use by process", "end it first"], "give", BDF)
    assert "has the driver nvme" in machine.works("give", f"vfio:{BDF}")
    assert machine.driver() == "nvme" and not (machine.root / f"run/nvu/{BDF}.driver").exists()
    assert "already" in machine.works("give", BDF)
    machine.works("take", BDF, "--user", "nobody")
    assert (machine.root / "dev/vfio/5").stat().st_uid == pwd.getpwnam("nobody").pw_uid


def check_take_refuses(machine):
    usual(machine)
    machine.refused(1, ["no such NVMe drive"], "take", OTHER)
    machine.refused(1, ["no such NVMe drive"], "take", "0000:00:02.0")
    machine.refused(1, ["no such NVMe drive"], "take", "../../x")
    machine.refused(2, ["BDF is missing"], "take")
    machine.refused(2, ["BDF is missing"], "give")
    machine.refused(2, ["COMMAND is missing"], "take", BDF, "--")
    machine.refused(2, ["no such user"], "take", BDF, "--user", "no-such-user")
    machine.refused(2, ["no such user"], "take", BDF, "--user", "no-such-user", "--", "true")
    with open(machine.root / "dev/nvme0n1p1", "rb"):
        machine.refused(1, ["nvme0n1p1 is open in process"], "take", BDF)
    machine.device("0000:03:00.0", "nvme", None)
    machine.refused(1, ["no IOMMU group", "nvu doctor"], "take", "0000:03:00.0")
    machine.device("0000:01:00.1", "snd", 5, "0x040300")
    machine.refused(1, ["0000:01:00.1 is bound to the driver snd"], "take", BDF)
    assert machine.driver() == "nvme"


def check_take_of_what_the_machine_uses(machine):
    usual(machine)
    holder = machine.root / "sys/class/block/nvme0n1p1/holders/dm-0"
    cases = (
        ("proc/self/mountinfo", "22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n", "nvme0n1p1 is mounted on /"),
        ("proc/self/mountinfo", "22 1 0:25 / /data rw - btrfs /dev/nvme0n1p1 rw\n", "nvme0n1p1 is mounted on /data"),
        ("proc/self/mountinfo", "22 1 259:0 / /mnt rw - xfs /dev/nvme0n1 rw\n", "nvme0n1 is mounted on /mnt"),
        ("proc/swaps", "Filename Type Size Used Priority\n/dev/nvme0n1p1 partition 1 0 -2\n", "nvme0n1p1 is swap"),
        ("sys/fs/btrfs/0000-1111/devices/nvme0n1p1", "", "part of a btrfs file system"),
        (holder, "", "nvme0n1p1 is part of dm-0"),
        (machine.root / "sys/class/block/nvme0n1/holders/md0", "", "nvme0n1 is part of md0"),
    )
    for path, text, words in cases:
        machine.write("proc/self/mountinfo", "garbage\n\n1 2 3 - \n - - -\n23 22 0:5 / /proc rw - proc proc rw\n")
        machine.write(path, text)
        machine.refused(1, [f"{BDF} is in use", words], "take", BDF)
        machine.refused(1, [words], "take", BDF, "--", "true")
        said = machine.run("doctor", BDF)[1]
        assert words in said and "umount" in said, said
        assert words in json.dumps(json.loads(machine.works("list", "--json"))[0]["uses"])
        (machine.root / path).unlink()
    machine.write("sys/block", "")
    assert machine.driver() == "nvme"
    # A path of a disk that several controllers have.
    machine.device(OTHER, "nvme", 6)
    machine.disk(OTHER, "nvme1", "nvme1c1n1")
    machine.write("sys/class/block/nvme1n1/dev", "259:7\n")
    machine.write("proc/self/mountinfo", "22 1 259:7 / /srv rw - ext4 /dev/nvme1n1 rw\n")
    machine.refused(1, ["nvme1n1 is mounted on /srv"], "take", OTHER)


def check_stubborn(machine):
    """vfio-pci does not take the drive: it goes back."""
    usual(machine)
    machine.write("stubborn", "")
    machine.refused(1, ["vfio-pci did not take it"], "take", BDF)
    assert machine.driver() == "nvme"
    machine.refused(1, ["vfio-pci did not take it"], "take", BDF, "--", "true")
    assert machine.driver() == "nvme"


def check_command(machine):
    """The command's exit status is nvu's, and the drive is taken only meanwhile."""
    usual(machine)
    link = machine.pci / "devices" / BDF / "driver"
    assert machine.works("take", BDF, "--", "readlink", str(link)).strip().endswith("/vfio-pci")
    assert machine.driver() == "nvme"
    for command, status in (("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)):
        assert machine.run("take", BDF, "--", "sh", "-c", command)[0] == status, command
        assert machine.driver() == "nvme"
    status, _, err = machine.run("take", BDF, "--", "/no/such/command")
    assert status == 127 and "/no/such/command" in err and machine.driver() == "nvme", (status, err)
    machine.works("take", BDF)
    machine.refused(1, ["bound to vfio-pci already"], "take", BDF, "--", "true")
    machine.works("give", BDF)
    # What the command leaves behind with the drive open is ended.
    group = machine.root / "dev/vfio/5"
    machine.run("take", BDF, "--", "sh", "-c", f"sleep 600 <> {group} >/dev/null 2>&1 &")
    assert machine.driver() == "nvme"


def parent_of(pid):
    try:
        return int(re.search(r"\) . (\d+)", pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii"))[1])
    except (OSError, TypeError):
        return 0


def child_of(pid):
    """A child of a process, once it has one."""
    found = []

    def look():
        found[:] = [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and parent_of(entry) == pid]
        return found

    until(look, f"a child of {pid}")
    return found[0]


def check_kills(machine):
    """Whichever of the three processes is killed, the drive goes back."""
    usual(machine)
    for victim in "nvu", "guardian", "command":
        process = machine.start("take", BDF, "--", "sh", "-c", "echo started; exec sleep 600")
        assert process.stdout.readline() == "started\n"
        assert machine.driver() == "vfio-pci"
        guardian = child_of(process.pid)
        command = child_of(guardian)
        os.kill({"nvu": process.pid, "guardian": guardian, "command": command}[victim], signal.SIGKILL)
        until(lambda: machine.driver() == "nvme", victim)
        status = process.wait(60)
        assert status == {"nvu": -9, "guardian": 1, "command": 137}[victim], (victim, status)
        until(lambda: not pathlib.Path(f"/proc/{command}/fd/0").exists(), "the command has ended")
        process.communicate()
    process = machine.start("take", BDF, "--", "sh", "-c", "echo started; exec sleep 600")
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143 and machine.driver() == "nvme"
    process.communicate()


def check_user(machine):
    """The command is the user's, with the group and a container at 3 and 4."""
    usual(machine)
    os.chmod(machine.root, 0o755)
    said = machine.works("take", BDF, "--user", "nobody", "--", "sh", "-c",
                         "id -u; echo $LISTEN_FDS $LISTEN_FDNAMES $NVU_DRIVE; [ $LISTEN_PID = $$ ] && echo mine; "
                         "readlink /proc/self/fd/3 /proc/self/fd/4; ulimit -l; ls /proc/self/fd | wc -l").split("\n")
    root = str(machine.root)
    assert said[0] == str(pwd.getpwnam("nobody").pw_uid), said
    assert said[1] == f"2 nvu-group:nvu-container {BDF}" and said[2] == "mine", said
    assert said[3:6] == [f"{root}/dev/vfio/5", f"{root}/dev/vfio/vfio", said[5]], said
    hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]  # in a container not even root may raise it
    assert said[5] in ("unlimited", str(hard // 1024)), said
    assert int(said[6]) == 6, said  # three of its own, two of the drive, and ls's
    assert machine.driver() == "nvme"
    (machine.root / "dev/vfio/vfio").unlink()
    status, _, err = machine.run("take", BDF, "--user", "nobody", "--", "true")
    assert status == 127 and "dev/vfio/vfio: No such file" in err and machine.driver() == "nvme", (status, err)


def main():
    program = os.path.abspath(sys.argv[1])
    if os.geteuid():
        print("needs root, to change users")
        sys.exit(77)
    for check in (check_list, check_doctor, check_take_and_give, check_take_refuses,
                  check_take_of_what_the_machine_uses, check_stubborn, check_command, check_kills, check_user):
        with tempfile.TemporaryDirectory() as name:
            check(Machine(program, pathlib.Path(name)))


if __name__ == "__main__":
    main()
