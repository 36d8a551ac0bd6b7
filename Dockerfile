# Both stages are of one Python: it is built with profile-guided and link-time optimisation.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/headgate
WORKDIR /source
# What changes seldom comes first, so that a change of our code installs no dependency again.
COPY .ci/constraints.txt constraints.txt
COPY pyproject.toml README.md LICENSE ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*project['dependencies'], *project['optional-dependencies']['compression'], sep='\n')" \
        > dependencies.txt \
    && /opt/headgate/bin/pip install --constraint constraints.txt --requirement dependencies.txt
COPY .ci/compile.py .ci/compile.py
COPY ingress ingress
COPY discovery discovery
# The data plane is compiled to machine code.
RUN HATCH_BUILD_HOOKS_ENABLE=1 /opt/headgate/bin/pip wheel --no-deps --wheel-dir dist . \
    && /opt/headgate/bin/pip install --no-deps dist/headgate-*.whl \
    && /opt/headgate/bin/pip uninstall --yes pip setuptools \
    && python -m compileall -q /opt/headgate/lib

FROM ${PYTHON}
LABEL org.opencontainers.image.title="headgate" \
      org.opencontainers.image.description="An ingress load balancer for Kubernetes and Consul" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/headgate /opt/headgate
ENV PATH=/opt/headgate/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, as Kubernetes cannot tell from a name that it is not root.
USER 65532:65532
EXPOSE 8080 8443 9900
# The first process is the supervisor itself, so that it gets the signals.
ENTRYPOINT ["headgate"]
CMD ["run"]
