# The agent on a small Debian. Build: make image
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY cmake/install-deps.sh cmake/
RUN cmake/install-deps.sh agent
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY agent agent
COPY k8s k8s
RUN cmake --preset release -DLEADER_ELECTOR_TESTS=OFF \
    && cmake --build build/release --target leader-elector \
    && strip build/release/agent/leader-elector

FROM ${BASE}
# The newest of the base's own release: security updates must come in.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates libprometheus-cpp-core1.0 libssl3 libyaml-cpp0.7 \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY LICENSE /usr/share/doc/leader-elector/
COPY --from=build /src/build/release/agent/leader-elector /usr/local/bin/
USER 65532:65532
EXPOSE 4041
ENTRYPOINT ["/usr/local/bin/leader-elector"]
