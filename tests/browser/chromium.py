"""What the browser tests need: a Chromium, its driver, and a font with Chinese characters.

Run as a script it installs what is missing, in the order of least surprise: what the system has,
the system's package manager (as root or with a sudo that asks nothing), the browser driver's own
download. Where none works it says what to install and exits with 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Debian's names. A font of 7 MB, not of 90; the driver's Node.js is linked against libatomic.
PACKAGES = ("chromium", "fonts-wqy-zenhei", "libatomic1")
ASK_DRIVER = """\
from playwright.sync_api import sync_playwright
with sync_playwright() as driver:
    print(driver.chromium.executable_path)
"""


def find_chromium() -> Path | None:
    """Return the first Chromium that starts: `LOCATOR_CHROMIUM`, the PATH, the driver's own."""
    given = os.environ.get("LOCATOR_CHROMIUM")
    for path in [given] if given else [*map(shutil.which, NAMES), _ask_driver()]:
        # A stub that only tells to install a snap is on the PATH too: ask it for its version.
        if path and _output([path, "--version"]) is not None:
            return Path(path)
    return None


def has_driver() -> bool:
    """Tell whether the browser driver starts; on a bare system it lacks a library."""
    return _ask_driver() is not None


def has_chinese_font() -> bool:
    """Tell whether some font has Chinese characters; other systems than Linux come with one."""
    return sys.platform != "linux" or bool(_output(["fc-list", ":lang=zh"]))


def missing() -> list[str]:
    """Return what is not there, in words for the reader."""
    wants = {
        "a Chromium that starts": find_chromium() is not None,
        "a browser driver that starts": has_driver(),
        "a font with Chinese characters": has_chinese_font(),
    }
    return [name for name, there in wants.items() if not there]


def install_packages() -> bool:
    """Install them through apt-get, where this user may; tell whether that went well."""
    if shutil.which("apt-get") is None:
        return False
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and _output([*rights, "true"]) is None:
        return False
    apt_get = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt_get, "install", "-y", "--no-install-recommends", *PACKAGES]
    return all(_run(command) for command in ([*apt_get, "update"], install))


def download_browser() -> bool:
    """Let the browser driver download its own Chromium; tell whether that went well."""
    return _run([sys.executable, "-m", "playwright", "install", "chromium"])


def _ask_driver() -> str | None:
    """Return where the driver's own browser is, or would be; None where it does not start."""
    return _output([sys.executable, "-c", ASK_DRIVER])


def _run(command: list[str]) -> bool:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def _output(command: list[str]) -> str | None:
    """Return what the command prints, or None where it cannot run or fails."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.decode(errors="replace").strip()


def main() -> int:
    """Install what is missing; returns the exit code."""
    if missing():
        sys.stderr.write(f"Installing {', '.join(PACKAGES)} for the browser tests\n")
        install_packages()
    if find_chromium() is None:
        download_browser()
    if wanted := missing():
        sys.stderr.write(
            f"The browser tests need {' and '.join(wanted)}: install the packages "
            f"{' '.join(PACKAGES)} (Debian's names) or set LOCATOR_CHROMIUM to a Chromium, then "
            "run make test again; `make check` runs the tests that need no browser.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
