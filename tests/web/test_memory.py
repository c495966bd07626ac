"""Work done apart: its result comes back, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="forks, reads /proc")


def told(program: str) -> list[str]:
    """What a program of one thread prints: under pytest other threads may run."""
    done = subprocess.run(
        [sys.executable, "-c", "import os, sys\nfrom webapp.memory import apart\n" + program],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


@LINUX
def test_result_comes_back_and_what_else_was_done_is_gone() -> None:
    assert told(
        "here = os.getpid()\n"
        "there, loaded = apart(lambda: (os.getpid(), __import__('folium').__name__))\n"
        "print(there != here, loaded, 'folium' in sys.modules)\n"
    ) == ["True folium False"]


@LINUX
def test_more_than_a_pipe_holds_comes_back_whole() -> None:
    assert told("print(len(apart(lambda: b'x' * 5_000_000)))") == ["5000000"]


@LINUX
@pytest.mark.parametrize(
    "work", ["os.kill(os.getpid(), 9) if os.getpid() != here else 7", "lambda: 7"]
)
def test_fork_that_fails_leaves_the_work_to_this_process(work: str) -> None:
    asked = f"here = os.getpid()\nfound = apart(lambda: {work})\n"
    assert told(asked + "print(found if found == 7 else found())") == ["7"]


@LINUX
def test_what_goes_wrong_is_raised_here_and_leaves_no_child() -> None:
    assert told(
        "try:\n    apart(lambda: 1 // 0)\n"
        "except ZeroDivisionError:\n    print('raised')\n"
        "try:\n    os.wait()\nexcept ChildProcessError:\n    print('no child')\n"
    ) == ["raised", "no child"]


def test_process_of_more_threads_is_not_forked() -> None:
    from webapp.memory import apart

    go = threading.Event()
    other = threading.Thread(target=go.wait)
    other.start()
    try:
        assert apart(os.getpid) == os.getpid()
    finally:
        go.set()
        other.join()


@LINUX
def test_server_holds_neither_folium_nor_the_dictionary_of_pinyin(town: Path) -> None:
    assert told(
        "from pathlib import Path\n"
        "from webapp import create_app\n"
        "from webapp.settings import Settings\n"
        "from webapp.warming import let_go, warm\n"
        f"app = create_app(Settings(city=Path({str(town)!r})))\n"
        "warm(app)\n"
        "let_go(app)\n"
        "client = app.test_client()\n"
        "asked = ['/', '/?place=renminlu', '/coverage', '/phone/index.json', '/api/v1/stations']\n"
        "print([client.get(path).status_code for path in asked])\n"
        "print({'folium', 'pandas', 'pypinyin', 'geopandas'} & set(sys.modules))\n"
    ) == ["[200, 200, 200, 200, 200]", "set()"]
