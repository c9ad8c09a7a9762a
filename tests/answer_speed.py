#!/usr/bin/env python3
"""How fast `keepsake answer` answers: makes up a catalog of a thousand backups, one of a backup with a million files in
folders, and one with a million files in one folder, asks what a window asks, and prints for each question the time, the
time of the processor, the length of the answer and the memory. On a busy computer the second number is the one that counts.

    tests/answer_speed.py [PROGRAM]          PROGRAM: target/release/keepsake when none is named
"""

import datetime
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "src-tauri/crates/keepsake-core/src/catalog"
FIRST_AT = 1_700_000_000
DAY = 86_400
SETTINGS = """backup_dir = "{0}/b"
[[plan]]
name = "family"
[[plan.source]]
name = "photos"
kind = "folder"
path = "{0}"
[[destination]]
name = "NAS"
path = "{0}/nas"
"""


def made_up(folder, computer_id, backups, files, is_flat=False):
    """A catalog in a folder, and the name of its newest backup."""
    schema = next(line for line in (CORE / "mod.rs").read_text().splitlines() if "SCHEMA_VERSION: i64" in line)
    db = sqlite3.connect(folder / "catalog.sqlite")
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + (CORE / "schema.sql").read_text())
    db.execute("PRAGMA user_version = " + schema.split("=")[1].strip(" ;"))
    db.execute("INSERT INTO chain VALUES (1, ?, 'attic', 'family')", (computer_id,))
    db.execute("INSERT INTO place VALUES (1, ?, 'this computer', 1)", (os.fsencode(folder / "b"),))
    db.execute("INSERT INTO place VALUES (2, ?, 'NAS', 0)", (os.fsencode(folder / "nas"),))
    db.execute("INSERT INTO owner VALUES (1, 0, 0, 'root', 'root')")
    for number in range(1, backups + 1):
        at = FIRST_AT + DAY * (number - 1)
        when = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
        name = when.strftime("family_%Y%m%d_%H%M%S")
        db.execute("INSERT INTO archive VALUES (?, ?, 1, ?, ?, 1, 1000000, ?)", (number, name + ".tar.gz", name, at, bytes(32)))
        db.executemany("INSERT INTO copy VALUES (?, ?, ?)", [(number, 1, at), (number, 2, at + 100)])
        source = {"name": "photos", "kind": "folder", "path": str(folder), "state": "collected", "files": files,
                  "bytes": files * 1_000_000, "new_files": 10, "new_bytes": 10_000_000, "problems": 0}
        db.execute(
            "INSERT INTO backup (id, chain, name, at, time, stored_bytes, complete, problem_count, sources, problems) "
            "VALUES (?, 1, ?, ?, ?, 1000000, 1, 0, ?, '[]')",
            (number, name, at, when.strftime("%Y-%m-%dT%H:%M:%S+00:00[UTC]"), json.dumps([source])))
        db.executemany("INSERT INTO needs VALUES (?, ?)", [(number, older) for older in range(max(1, number - 400), number + 1)])
        db.execute("INSERT INTO run (plan, started, finished, outcome, message, backup) VALUES ('family', ?, ?, 'good', '', ?)",
                   (at, at + 60, name))
    die = random.Random(1)

    def row(path, kind, number=0):
        # One in a thousand is new in the newest backup.
        first_at = FIRST_AT + (DAY * (backups - 1) if kind == 0 and die.random() < 0.001 else 0)
        content = (1_000_000, 1, number * 512, None, die.randbytes(32)) if kind == 0 else (0, None, None, None, None)
        path = path.replace("/", "\0").encode()
        return (1, path, first_at, None, 1, kind, 0o644, 1, FIRST_AT, 0, FIRST_AT, 0, number, *content, None, None, None)

    def rows():
        yield row("photos", 2)
        for number in range(files):
            if is_flat:
                yield row(f"photos/IMG_{number:07} picture.jpg", 0, number)
                continue
            year, trip, picture = number // 10_000, number // 1000 % 10, number % 1000
            if picture == 0 and trip == 0:
                yield row(f"photos/Year {year:04}", 2)
            if picture == 0:
                yield row(f"photos/Year {year:04}/Trip {trip:02}", 2)
            yield row(f"photos/Year {year:04}/Trip {trip:02}/IMG_{picture:05} picture.jpg", 0, number)

    db.executemany(f"INSERT INTO version VALUES ({', '.join('?' * 21)})", rows())
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    (folder / "config.toml").write_text(SETTINGS.format(folder))
    return name


class Asking:
    """A process that answers."""

    def __init__(self, program, folder):
        env = dict(os.environ, KEEPSAKE_CONFIG=str(folder / "config.toml"), KEEPSAKE_DATA_DIR=str(folder))
        self.process = subprocess.Popen([program, "answer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)

    def processor_secs(self):
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, **request):
        began, used = time.monotonic(), self.processor_secs()
        self.process.stdin.write((json.dumps({"id": 1, "request": request}) + "\n").encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        took, used = time.monotonic() - began, self.processor_secs() - used
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        memory = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        assert b'"refused"' not in answer, answer
        print(f"{took * 1000:8.0f} ms {used * 1000:6.0f} ms CPU {len(answer):8} bytes {memory // 1024:4} MiB  {json.dumps(request)[:100]}")
        return json.loads(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def this_computer(program, folder):
    """What the program calls this computer: read from a backup that it makes."""
    (folder / "tiny").mkdir()
    (folder / "tiny/file").write_text("x")
    text = f'backup_dir = "{folder}/tb"\n[[plan]]\nname = "t"\n[[plan.source]]\nname = "t"\nkind = "folder"\npath = "{folder}/tiny"\n'
    (folder / "tiny.toml").write_text(text)
    env = dict(os.environ, KEEPSAKE_CONFIG=str(folder / "tiny.toml"), KEEPSAKE_DATA_DIR=str(folder / "td"))
    subprocess.run([program, "backup", "--quiet"], env=env, check=True)
    return sqlite3.connect(folder / "td/catalog.sqlite").execute("SELECT computer_id FROM chain").fetchone()[0]


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/keepsake")
    with tempfile.TemporaryDirectory() as top:
        top = Path(top)
        computer_id = this_computer(program, top)
        for title, backups, files, is_flat in [
            ("1,000 backups", 1000, 5000, False),
            ("a million files in folders", 30, 1_000_000, False),
            ("a million files in one folder", 30, 1_000_000, True),
        ]:
            folder = top / title.replace(" ", "-").replace(",", "")
            folder.mkdir()
            name = made_up(folder, computer_id, backups, files, is_flat)
            print(title)
            asking = Asking(program, folder)
            asking.ask(ask="home")
            asking.ask(ask="home")
            asking.ask(ask="history", **{"from": None})
            asking.ask(ask="activity", filter={"source": None, "kind": None}, before=None, limit=100)
            asking.ask(ask="backup", name=name, **{"from": None})
            asking.ask(ask="changes", name=name, kind="came", offset=0, limit=100)
            asking.end()
            asking = Asking(program, folder)
            page = {"name": name, "limit": 200, "from": None}
            asking.ask(ask="browse", folder=None, offset=0, **page)
            asking.ask(ask="browse", folder="photos", offset=0, **page)
            asking.ask(ask="browse", folder="photos", offset=files // 2 if is_flat else 40, **page)
            time.sleep(0 if "backups" in title else 3)
            asking.ask(ask="search", text="img_0050", **page)
            asking.ask(ask="search", text="nothing like it", **page)
            asking.end()


if __name__ == "__main__":
    main()
