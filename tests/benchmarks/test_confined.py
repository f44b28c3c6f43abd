"""Programs of strangers: what they can reach, and how they end."""

import secrets
import sys
from pathlib import Path

import psutil
import pytest

sys.path.append(str(Path(__file__).parent.parent.parent / "benchmarks"))
import confined

try:
    confined.way()
except confined.CannotConfine as reason:
    pytest.skip(str(reason), allow_module_level=True)


def run(program, **limits):
    command = [confined.PYTHON, "-I", "main.py"]
    return confined.run({"main.py": program, "beside/note.txt": "hello"}, command, confined.Limits(**limits))


def test_a_program_has_its_own_files():
    ended = run("open('new', 'w').write('x'); print(open('beside/note.txt').read(), open('new').read())")
    assert (ended.code, ended.output) == (0, "hello x\n")


def test_nothing_else_can_be_read_or_written(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("known")
    places = [str(secret), __file__, "/etc/passwd", str(Path.home() / ".bashrc"), "/proc/1/root" + str(secret)]
    ended = run(
        "import os, sys\n"
        f"print([place for place in {places!r} if os.path.exists(place)])\n"
        "for place in ('/x', '/usr/x', sys.prefix + '/x', '/bin/x'):\n"
        "    try: open(place, 'w')\n"
        "    except OSError: continue\n"
        "    print(place)\n"
    )
    assert (ended.code, ended.output) == (0, "[]\n")


def test_there_is_no_network_and_no_other_process():
    ended = run(
        "import os, socket\n"
        "print([name for _, name in socket.if_nameindex()])\n"
        "for place in (('127.0.0.1', 80), ('1.1.1.1', 53)):\n"
        "    try: socket.create_connection(place, 1)\n"
        "    except OSError: continue\n"
        "    print(place)\n"
        "print(len([name for name in os.listdir('/proc') if name.isdecimal()]) < 4)\n"
    )
    assert (ended.code, ended.output) == (0, "['lo']\nTrue\n")


def test_time_memory_processes_and_words_have_an_end():
    mark = secrets.token_hex(8)
    assert run(f"import os\nos.fork()\nwhile True: '{mark}'", wall_s=1).code is None
    assert confined.run({}, [confined.PYTHON, "-c", f"while True: '{mark}'"], confined.Limits(wall_s=1)).code is None
    assert not [one for one in psutil.process_iter(["cmdline"]) if mark in " ".join(one.info["cmdline"] or ())]
    assert "MemoryError" in run("bytearray(4 << 30)").output
    assert run("open('big', 'wb').write(b'x' * (64 << 20))").code != 0
    assert len(run("while True: print('x' * 1000)", output_bytes=5000).output) <= 5000
    forks = "import os, time\ntry:\n    while os.fork(): pass\n    time.sleep(60)\nexcept OSError: print('no more')"
    assert "no more" in run(forks, wall_s=20).output


def test_a_program_is_nobody():
    program = "import ctypes, os\nprint(ctypes.CDLL(None).mount(b'x', b'/box', b'tmpfs', 0, None))\nos.chroot('/box')"
    ended = run(program)
    assert ended.output.startswith("-1\n")
    assert "PermissionError" in ended.output
