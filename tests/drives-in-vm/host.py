"""The computer around the machine: starts it, and does with its USB sticks what it asks for on its second serial port, a line for each:

    plug NAME [ro|eio]    the stick, with its switch for write protection on, or with a medium on which each write fails
    pull NAME             out, whatever is done with it
    wake-in SECS [NAME]   once it sleeps, wakes it after so long; meanwhile the stick is pulled out and plugged in again
    end
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

LONGEST_SECS = 1500


class Machine:
    def __init__(self, place: Path) -> None:
        self.place, self.count, self.nodes = place, 0, {}
        boot = place / "root/boot"
        kernel, initrd = next(boot.glob("vmlinuz-*")), next(boot.glob("initrd.img-*"))
        sockets = [place / "asks.sock", place / "qmp.sock"]
        for one in sockets:
            one.unlink(missing_ok=True)
        # KVM where it works: where this computer is a virtual one itself, it may only seem to be there.
        accelerator = os.environ.get("ACCEL", "tcg")
        self.process = subprocess.Popen([
            "qemu-system-x86_64", "-machine", f"pc,accel={accelerator}", "-cpu", "max", "-m", "2G", "-smp", "2",
            "-nodefaults", "-display", "none", "-vga", "std", "-kernel", kernel, "-initrd", initrd,
            "-append", "root=/dev/vda rw console=tty0 console=ttyS0 quiet systemd.show_status=0",
            "-drive", f"file={place}/disk.img,format=raw,if=virtio,cache=unsafe", "-device", "qemu-xhci,id=xhci",
            "-serial", f"file:{place}/console.log", "-serial", f"unix:{sockets[0]},server=on,wait=off",
            "-qmp", f"unix:{sockets[1]},server=on,wait=off",
        ])
        self.asks, self.monitor = (self.connected(one) for one in sockets)
        self.told()
        self.do("qmp_capabilities")

    def connected(self, path: Path):
        while True:
            one = socket.socket(socket.AF_UNIX)
            try:
                one.connect(str(path))
                return one.makefile("rwb", 0)
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("QEMU did not start")
                time.sleep(0.05)

    def told(self) -> dict:
        return json.loads(self.monitor.readline())

    def do(self, what: str, **how) -> bool:
        self.monitor.write(json.dumps({"execute": what, "arguments": how}).encode() + b"\n")
        while True:
            answer = self.told()
            if "return" in answer or "error" in answer:
                return "return" in answer

    def wait(self, event: str, **data) -> None:
        while True:
            told = self.told()
            if told.get("event") == event and data.items() <= told.get("data", {}).items():
                return

    def plug(self, name: str, how: str = "") -> bool:
        self.count += 1
        node = self.nodes[name] = f"stick{self.count}"
        file = {"driver": "file", "filename": str(self.place / f"sticks/{name}.img")}
        if how == "eio":
            fails = {"event": "none", "iotype": "write", "errno": 5, "once": False, "immediately": True}
            file = {"driver": "blkdebug", "image": file, "inject-error": [fails]}
        disk = {"driver": "raw", "node-name": node, "file": file, "read-only": how == "ro"}
        device = {"driver": "usb-storage", "id": f"usb-{name}", "drive": node, "bus": "xhci.0", "serial": f"SER{name}"}
        return self.do("blockdev-add", **disk) and self.do("device_add", **device, removable=True)

    def pull(self, name: str) -> bool:
        if not self.do("device_del", id=f"usb-{name}"):
            return False
        self.wait("DEVICE_DELETED", device=f"usb-{name}")
        while not self.do("blockdev-del", **{"node-name": self.nodes[name]}):
            time.sleep(0.05)
        return True

    def wake_in(self, secs: str, name: str | None = None) -> None:
        self.wait("SUSPEND")
        time.sleep(float(secs))
        if name:
            self.pull(name)
            self.plug(name)
        self.do("system_wakeup")

    def serve(self) -> None:
        while words := self.asks.readline().decode(errors="replace").split():
            match words:
                case ["plug", *rest]:
                    done = self.plug(*rest)
                case ["pull", name]:
                    done = self.pull(name)
                case ["wake-in", *rest]:
                    self.asks.write(b"ok\n")
                    self.wake_in(*rest)
                    continue
                case _:
                    self.do("quit")
                    return
            self.asks.write(b"ok\n" if done else b"not done\n")


def main() -> None:
    machine = Machine(Path(sys.argv[1]))
    ending = threading.Timer(LONGEST_SECS, machine.process.kill)
    ending.start()
    machine.serve()
    machine.process.wait()
    ending.cancel()


main()
