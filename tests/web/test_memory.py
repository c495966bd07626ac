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
def test_results_come_back_in_order_and_what_else_was_done_is_gone() -> None:
    assert told(
        "here, got = os.getpid(), []\n"
        "def do(run):\n"
        "    got.append(run(lambda: (os.getpid(), __import__('folium').__name__)))\n"
        "    got.append(run(lambda: 'second'))\n"
        "apart(do)\n"
        "print(len(got), got[0][0] != here, got[0][1], got[1], 'folium' in sys.modules)\n"
    ) == ["2 True folium second False"]


@LINUX
def test_more_than_a_pipe_holds_comes_back_whole() -> None:
    assert told("apart(lambda run: print(len(run(lambda: b'x' * 5_000_000))))")[-1] == "5000000"


DO = "here = os.getpid()\ngot = []\napart(lambda run: got.append(run(lambda: {})))\nprint(got)\n"


@LINUX
@pytest.mark.parametrize(
    "work",
    [
        "os.kill(os.getpid(), 9) if os.getpid() != here else 7",
        "os._exit(0) if os.getpid() != here else 7",
        "(lambda: 7) if os.getpid() != here else 7",  # which cannot be handed back
    ],
    ids=["killed", "ended", "not to pickle"],
)
def test_fork_that_fails_leaves_the_work_to_this_process(work: str) -> None:
    assert told(DO.format(work)) == ["[7]"]


@LINUX
@pytest.mark.parametrize(
    "before",
    [
        "def fork(): raise BlockingIOError(11, 'too many')\nos.fork = fork\n",
        "def pipe(): raise OSError(24, 'too many')\nos.pipe = pipe\n",
        "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n",
    ],
    ids=["no fork", "no pipe", "nobody waits"],
)
def test_start_where_the_system_is_short_or_odd_goes_on(before: str) -> None:
    assert told(before + DO.format("7")) == ["[7]"]


@LINUX
def test_what_goes_wrong_is_raised_here_and_leaves_no_child() -> None:
    assert told(
        "try:\n    apart(lambda run: run(lambda: 1 // 0))\n"
        "except ZeroDivisionError:\n    print('raised')\n"
        "try:\n    os.wait()\nexcept ChildProcessError:\n    print('no child')\n"
    ) == ["raised", "no child"]


@LINUX
@pytest.mark.parametrize("stop", ["SIGTERM", "SIGINT"])
def test_server_told_to_stop_meanwhile_ends_its_fork_and_runs_its_end_once(stop: str) -> None:
    assert told(
        "import signal, time\n"
        "def end(*_): raise SystemExit(0)\n"
        f"signal.signal(signal.{stop}, end)\n"
        "def work():\n"
        f"    os.kill(os.getppid(), signal.{stop})\n"
        "    time.sleep(60)\n"
        "try:\n    apart(lambda run: run(work))\n"
        "finally:\n"
        "    print('end')\n"
        "    try:\n        os.wait()\n    except ChildProcessError:\n        print('no child')\n"
    ) == ["end", "no child"]


def test_process_of_more_threads_is_not_forked() -> None:
    from webapp.memory import apart

    go, made = threading.Event(), []
    other = threading.Thread(target=go.wait)
    other.start()
    try:
        apart(lambda run: made.append(run(os.getpid)))
    finally:
        go.set()
        other.join()
    assert made == [os.getpid()]


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
        "import gc\n"
        "print(gc.get_freeze_count() > 100_000)\n"
    ) == ["[200, 200, 200, 200, 200]", "set()", "True"]
