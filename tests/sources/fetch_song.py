"""A downloader for tests, run as a program: its first argument says how it behaves for which songs."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

plan, song_id, folder = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2], Path(sys.argv[3])
with Path(plan["log"]).open("a") as log:
    log.write(f"{song_id} {os.getpid()}\n")
tries = sum(line.startswith(song_id) for line in Path(plan["log"]).read_text().splitlines())
how = plan["songs"].get(song_id, "works")
if how == "fails" or (how == "fails first" and tries == 1):
    sys.stderr.write("\x1b[31mnot available in your country\nreally\n")
    (folder / "half.mp3").write_bytes(b"half")
    sys.exit(7)
if how == "hangs":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(plan["child"]).write_text(str(child.pid))
    time.sleep(60)
if how == "leaves nothing":
    (folder / "cover.jpg").write_bytes(b"x")
else:
    shutil.copy(plan["sound"], folder / f"some name of {song_id}.wav")
