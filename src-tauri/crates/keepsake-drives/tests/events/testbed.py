"""Devices that are not there, for one test.

    testbed.py FOLDER PROGRAM TEST

runs PROGRAM, which sees the devices of a umockdev testbed instead of the computer's, and does what it asks for: a line of JSON
in FOLDER/commands, "ok" in FOLDER/answers. API: libumockdev 0.17 (umockdev_testbed_*), opened at run time. udev's notes
in /run/udev/data are written here, as umockdev has none: it needs a /run of its own.
"""
import ctypes
import json
import os
import subprocess
import sys
import threading

folder, program, test = sys.argv[1:]
library = ctypes.CDLL("libumockdev.so.0")
library.umockdev_testbed_new.restype = ctypes.c_void_p
library.umockdev_testbed_get_root_dir.restype = ctypes.c_char_p
library.umockdev_testbed_get_root_dir.argtypes = [ctypes.c_void_p]
library.umockdev_testbed_add_from_string.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
library.umockdev_testbed_uevent.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
library.umockdev_testbed_remove_device.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
library.umockdev_testbed_set_property.argtypes = [ctypes.c_void_p] + [ctypes.c_char_p] * 3
bed = library.umockdev_testbed_new()
root = library.umockdev_testbed_get_root_dir(bed).decode()
data = "/run/udev/data"
os.makedirs(data)
open("/run/udev/control", "w").close()


def note(number):
    with open(f"{data}/b{number}", "w") as notes:
        notes.write("I:1\n")


def vanish(order):
    library.umockdev_testbed_remove_device(bed, order["path"].encode())
    # umockdev 0.17 leaves this link, and ends when the device comes back.
    link = f"{root}/sys/block/{os.path.basename(order['path'])}"
    if os.path.islink(link):
        os.remove(link)
    notes = f"{data}/b{order['number']}"
    if os.path.exists(notes):
        os.remove(notes)


def do(order):
    what, path = order["do"], order.get("path", "").encode()
    if what == "add":
        error = ctypes.c_void_p()
        if not library.umockdev_testbed_add_from_string(bed, order["text"].encode(), ctypes.byref(error)):
            return "umockdev does not understand the description"
        # umockdev has told already; as udevd has it, the notes are complete when it tells.
        for number in order["known"]:
            note(number)
        paths = [line[3:] for line in order["text"].splitlines() if line.startswith("P: ") and "/block/" in line]
        for path in paths if order["known"] else []:
            library.umockdev_testbed_uevent(bed, f"/sys{path}".encode(), b"add")
    elif what == "note":
        note(order["number"])
    elif what == "below":
        os.makedirs(f"{root}{order['path']}/slaves/{order['name']}")
    elif what == "event":
        library.umockdev_testbed_uevent(bed, path, order["action"].encode())
    elif what == "property":
        library.umockdev_testbed_set_property(bed, path, order["name"].encode(), order["value"].encode())
    elif what == "remove":
        # As udevd has it: its notes go before it tells anybody.
        os.remove(f"{data}/b{order['number']}")
        library.umockdev_testbed_uevent(bed, path, b"remove")
        vanish(order)
    elif what == "vanish":
        vanish(order)
    return "ok"


for name in ("commands", "answers"):
    os.mkfifo(f"{folder}/{name}")
# For both ways, so that opening does not wait for anybody.
commands = os.fdopen(os.open(f"{folder}/commands", os.O_RDWR), "rb", buffering=0)
answers = os.open(f"{folder}/answers", os.O_RDWR)
environment = dict(os.environ, UMOCKDEV_DIR=root, KEEPSAKE_TESTBED=folder)
# It ends when this ends: umockdev aborts on what it does not expect.
child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", program, "--exact", test, "--nocapture"], env=environment)


def wait():
    child.wait()
    os.write(commands.fileno(), b"end\n")


threading.Thread(target=wait, daemon=True).start()
while (line := commands.readline()) != b"end\n":
    try:
        answer = do(json.loads(line))
    except Exception as error:  # Who asked would wait for ever.
        answer = repr(error)
    os.write(answers, (answer + "\n").encode())
sys.exit(child.wait() != 0)
