"""Find a Chromium for the browser tests, or get one: `python -m tests.browser.chromium` prints where it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: Chromium heeds the last list only, so Playwright's own is repeated before ours. Ours are pages behind the address
#: bar, which nobody sees here: loading them with every window took as long as loading our page.
DISABLED_FEATURES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,LensOverlay,"
    "HttpsFirstBalancedModeAutoEnable,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,"
    "AvoidCorsURLLoaderRestartOnRedirect,TcpPortRandomizationWin,OptimizationHints,AimEnabled,"
    "NetworkTimeServiceQuerying,PreconnectToSearch,"
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
LAUNCH_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={DISABLED_FEATURES}",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Without these a tab that is not in front draws and runs timers once a second.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
HOW_TO = (
    "The browser tests need Chromium, and there is none. Install it (on Debian: apt-get install chromium "
    "fonts-noto-cjk; elsewhere: .venv/bin/playwright install chromium), or name yours in LIVEGRAD_CHROMIUM."
)


def find() -> str | None:
    """The path of a Chromium: LIVEGRAD_CHROMIUM, else one of `NAMES` on PATH, else Playwright's own, else None."""
    named = os.environ.get("LIVEGRAD_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def arguments() -> list[str]:
    """Chromium's command line; its sandbox cannot start for root, which is what containers run as."""
    return [*LAUNCH_ARGUMENTS, *(["--no-sandbox"] if is_root() else [])]


def is_root() -> bool:
    """Whether this process may install packages of the system."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def install() -> None:
    """Get a Chromium: from the distribution as root on Debian, else Playwright's build into its own cache."""
    commands: list[list[str]] = []
    if is_root() and shutil.which("apt-get"):
        apt = ["apt-get", "-o", "Acquire::Retries=3"]
        commands += [
            [*apt, "update", "-qq"],
            [*apt, "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"],
        ]
    else:
        commands += [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in commands:
        print(f"No Chromium found, so: {' '.join(command)}", file=sys.stderr, flush=True)
        subprocess.run(
            command, check=True, stdout=sys.stderr, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, timeout=600
        )


def main() -> int:
    """Print Chromium's path, after installing it where it lacks; say how to and return 1 when that fails."""
    path = find()
    if path is None and not os.environ.get("LIVEGRAD_CHROMIUM"):
        try:
            install()
        except (OSError, subprocess.SubprocessError) as error:
            print(error, file=sys.stderr)
        path = find()
    if path is None:
        print(HOW_TO, file=sys.stderr)
        return 1
    print(f"Chromium: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
