"""Notes how the agent says that drives stand, a line for each change: `[["busy", "Blue drive", "drive-busy"]]`."""

import json
import socket
import time

SOCKET = "/home/anna/.local/share/keepsake/agent.sock"


def listen() -> None:
    agent = socket.socket(socket.AF_UNIX)
    agent.connect(SOCKET)
    agent.sendall(b'{"id":1,"request":{"ask":"watch"}}\n')
    last = None
    for line in agent.makefile():
        told = json.loads(line)
        if told.get("event") != "status":
            continue
        now = [(one["state"], one["drive"], one["said"]["id"]) for one in told["value"]["drives"]]
        if now != last:
            print(json.dumps(now), flush=True)
            last = now


while True:
    try:
        listen()
    except OSError:
        time.sleep(0.2)
