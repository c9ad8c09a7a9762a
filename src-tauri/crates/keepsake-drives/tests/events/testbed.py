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


def do(order):
    what, path = order["do"], order.get("path", "").encode()
    if what == "add":
        for number in order["known"]:
            note(number)
        error = ctypes.c_void_p()
        if not library.umockdev_testbed_add_from_string(bed, order["text"].encode(), ctypes.byref(error)):
            return "umockdev does not understand the description"
    elif what == "note":
        note(order["number"])
    elif what == "below":
        os.makedirs(f"{root}{order['path']}/slaves/{order['name']}")
    elif what == "event":
        library.umockdev_testbed_uevent(bed, path, order["action"].encode())
    elif what == "property":
        library.umockdev_testbed_set_property(bed, path, order["name"].encode(), order["value"].encode())
    elif what == "remove":
        library.umockdev_testbed_uevent(bed, path, b"remove")
        library.umockdev_testbed_remove_device(bed, path)
        os.remove(f"{data}/b{order['number']}")
    elif what == "vanish":
        library.umockdev_testbed_remove_device(bed, path)
        os.remove(f"{data}/b{order['number']}")
    return "ok"


for name in ("commands", "answers"):
    os.mkfifo(f"{folder}/{name}")
# For both ways, so that opening does not wait for anybody.
commands = os.fdopen(os.open(f"{folder}/commands", os.O_RDWR), "rb", buffering=0)
answers = os.open(f"{folder}/answers", os.O_RDWR)
environment = dict(os.environ, UMOCKDEV_DIR=root, KEEPSAKE_TESTBED=folder)
child = subprocess.Popen([program, "--exact", test, "--nocapture"], env=environment)


def wait():
    child.wait()
    os.write(commands.fileno(), b"end\n")


threading.Thread(target=wait, daemon=True).start()
while (line := commands.readline()) != b"end\n":
    os.write(answers, (do(json.loads(line)) + "\n").encode())
sys.exit(child.wait() != 0)
