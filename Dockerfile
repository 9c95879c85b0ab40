# Three images of one file: app (portal, relay, nodes), database, redis. compose.yaml chooses.
# Base images are pinned by version here; an operator who pulls them once pins the digest as well
# (deploy/README.md). No host is named: which registry serves them is the operator's choice.

# ---------------------------------------------------------------- everything that is only built
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/drempel/app
RUN python -m venv /opt/drempel/venv
COPY requirements/run.txt requirements/run.txt
# Wheels only: no compiler here, and no code of a package runs while it is installed.
RUN /opt/drempel/venv/bin/python -m pip install --only-binary :all: --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE *.py ./
COPY accounts accounts
COPY booth booth
COPY cli cli
COPY client client
COPY config config
COPY connector connector
COPY deploy deploy
COPY mpcengine mpcengine
COPY nodes nodes
COPY relay relay
COPY security_events security_events
COPY surveys surveys
COPY locale locale
COPY static static
COPY templates templates
# The same times everywhere: numba knows a source by its time, and copying between stages cuts
# fractions of seconds off.
RUN find /opt/drempel/app -exec touch -d 2020-01-01T00:00:00Z {} +
RUN /opt/drempel/venv/bin/python -m pip install --no-deps --no-build-isolation --no-index -e .
RUN mkdir -m 0755 /opt/drempel/numba
# The loops are compiled for this machine's processor; deploy/entry.py says what happens elsewhere.
RUN NUMBA_CACHE_DIR=/opt/drempel/numba /opt/drempel/venv/bin/python -m mpcengine.kernels.warm
RUN /opt/drempel/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/drempel/venv /opt/drempel/app
RUN /opt/drempel/venv/bin/python -m pip uninstall --yes pip setuptools wheel
RUN chmod -R a+rX,go-w /opt/drempel

# ---------------------------------------------------------------- portal, relay, nodes
FROM python:3.11-slim-bookworm AS app
RUN python -m pip uninstall --yes pip setuptools wheel
# One folder a service appears in it, made by deploy/entry.py, its user's alone.
RUN install -d -m 1777 /var/lib/drempel
COPY --from=build /opt/drempel /opt/drempel
ENV PATH=/opt/drempel/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/drempel/app
USER 10000:10000
ENTRYPOINT ["python", "-m", "deploy.entry"]
CMD ["python", "-m", "gunicorn", "--config", "python:config.gunicorn"]
HEALTHCHECK --interval=10s --timeout=5s --retries=6 --start-period=60s CMD ["python", "-m", "deploy.health"]

# ---------------------------------------------------------------- PostgreSQL
FROM postgres:15-bookworm AS database
COPY deploy/postgresql.conf deploy/pg_hba.conf /opt/drempel/app/deploy/
RUN install -d -m 1777 /srv/store
USER 10001:10000
HEALTHCHECK --interval=10s --timeout=5s --retries=6 --start-period=30s CMD ["pg_isready", "--quiet"]

# ---------------------------------------------------------------- Redis
FROM redis:7.2-bookworm AS redis
COPY deploy/redis.conf /opt/drempel/app/deploy/
RUN install -d -m 1777 /srv/store
USER 10002:10000
HEALTHCHECK --interval=10s --timeout=5s --retries=6 --start-period=30s CMD ["redis-cli", "ping"]
