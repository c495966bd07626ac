"""The Chromium of the browser tests, and a font with Chinese characters for it.

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
PACKAGES = ("chromium", "fonts-wqy-zenhei")  # Debian's names; a font of 7 MB, not of 90


def find_chromium() -> Path | None:
    """Return the first Chromium that starts: `LOCATOR_CHROMIUM`, the PATH, the driver's own."""
    given = os.environ.get("LOCATOR_CHROMIUM")
    found = [given] if given else [shutil.which(name) for name in NAMES]
    for path in filter(None, [*found, None if given else _downloaded()]):
        # A stub that only tells to install a snap is on the PATH too: ask it for its version.
        if _runs([path, "--version"]):
            return Path(path)
    return None


def has_chinese_font() -> bool:
    """Tell whether some font has Chinese characters; other systems than Linux come with one."""
    if sys.platform != "linux":
        return True
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


def missing() -> list[str]:
    """Return what is not there, in words for the reader."""
    wants = {"Chromium": find_chromium() is not None, "a font with Chinese": has_chinese_font()}
    return [name for name, there in wants.items() if not there]


def install_packages() -> bool:
    """Install both through apt-get, where this user may; tell whether that went well."""
    if shutil.which("apt-get") is None:
        return False
    if os.geteuid() == 0:
        rights: list[str] = []
    elif _runs(["sudo", "-n", "true"]):
        rights = ["sudo", "-n"]
    else:
        return False
    quiet = [
        *rights,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-qq",
        "-o",
        "Dpkg::Use-Pty=0",
    ]
    install = [*quiet, "install", "-y", "--no-install-recommends", *PACKAGES]
    return all(
        subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0
        for command in ([*quiet, "update"], install)
    )


def download_browser() -> bool:
    """Let the browser driver download its own Chromium; tell whether that went well."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0


def _downloaded() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as driver:
        path = driver.chromium.executable_path
    return path if Path(path).is_file() else None


def _runs(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> int:
    """Install what is missing; returns the exit code."""
    if missing():
        install_packages()
    if find_chromium() is None:
        download_browser()
    if wanted := missing():
        sys.stderr.write(
            f"The browser tests need {' and '.join(wanted)}: install the packages "
            f"{' '.join(PACKAGES)} (Debian's names) or set LOCATOR_CHROMIUM to a Chromium, then "
            "run make test again; `make check` runs the tests that need neither.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
