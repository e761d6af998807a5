"""The built page, served by the server itself so that it works with the network cable out."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

#: Where `npm run build` puts the page: in the source tree, or beside it in an image.
FOLDER = Path(__file__).resolve().parent.parent / "web" / "dist"

#: Files whose names carry a hash of their content never change.
FOREVER = "public, max-age=31536000, immutable"

_MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Livegrad: the page is not built</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:38em;margin:15vh auto;padding:0 1em}
code{background:#8882;padding:.1em .4em;border-radius:4px}</style></head><body>
<h1>The page is not built yet</h1>
<p>The server runs, but the page that it should show is missing. In the folder of the sources, run</p>
<p><code>make run</code></p><p>or only build the page:</p>
<p><code>cd web &amp;&amp; npm ci &amp;&amp; npm run build</code></p>
<p>Then reload.</p>
<h1 lang="zh">页面尚未构建</h1>
<p lang="zh">服务器已运行，但缺少要显示的页面。请在源码目录运行 <code>make run</code>，然后刷新。</p>
</body></html>
"""


class Site(StaticFiles):
    """Static files with the right cache headers, and a way out where there are none."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._folder = folder

    async def check_config(self) -> None:
        """Nothing: a folder that is missing is answered with a page that says so."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, the page itself for the root, or what to do when the page has not been built."""
        if path.startswith("api/"):
            raise HTTPException(404 if scope["method"] in {"GET", "HEAD"} else 405)
        if not (self._folder / "index.html").is_file():
            return HTMLResponse(_MISSING, 503, {"cache-control": "no-store"})
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = FOREVER if path.startswith("assets/") else "no-cache"
        return response
