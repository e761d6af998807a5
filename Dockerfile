# Livegrad in a container: built page, warmed kernels, no compiler, no Node, not root, nothing that it has to write.

FROM node:20-slim AS page
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM python:3.11-slim AS packages
WORKDIR /app
RUN python -m venv /opt/venv
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY kernels kernels
COPY server server
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .
RUN LIVEGRAD_CACHE_DIR=/opt/kernels /opt/venv/bin/python -m kernels.warm

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin livegrad
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/kernels /opt/kernels
COPY --from=packages /app /app
COPY --from=page /build/web/dist web/dist
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LIVEGRAD_CACHE_DIR=/opt/kernels
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/health', timeout=4)"]
# The warmed kernels are copied to /tmp, since Numba takes no folder that it cannot write to. On a kind of processor other
# than the builder's they do not fit: the server then compiles for itself and says so on the page.
CMD ["livegrad", "--host", "0.0.0.0", "--port", "8000", "--no-browser"]
