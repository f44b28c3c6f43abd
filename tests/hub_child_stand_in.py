"""In place of the Hub client's own transfer, which needs Xet's storage: writes a file from its beginning as told.

``STAND_IN`` is bytes to write, or "all", and what happens then: ``ends``, ``fails``, ``hangs``, ``dies``.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path


def end_with_the_app() -> None:
    sys.stdin.read()
    os._exit(1)


job = json.loads(sys.stdin.readline())
threading.Thread(target=end_with_the_app, daemon=True).start()
count, then = os.environ["STAND_IN"].split()
content = Path(os.environ["STAND_IN_SOURCE"], job["name"]).read_bytes()
Path(os.environ["STAND_IN_SOURCE"], f"{job['name']}.pid").write_text(str(os.getpid()))
folder = Path(job["folder"])
part = folder / ".cache" / "huggingface" / "download" / "x.1234abcd.incomplete"
part.parent.mkdir(parents=True)
part.write_bytes(content if count == "all" else content[: int(count)])
Path(os.environ["STAND_IN_SOURCE"], f"{job['name']}.written").touch()
if then == "ends":
    part.replace(folder / job["name"])
elif then == "fails":
    part.unlink()
    sys.exit("RuntimeError: no such storage")
elif then == "dies":
    os._exit(9)
else:
    time.sleep(600)
