# The agent on a small Debian. Build: docker build -t leader-elector:dev .
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY cmake/install-deps.sh cmake/install-deps.sh
RUN cmake/install-deps.sh build
COPY . .
RUN cmake --preset release -DLEADER_ELECTOR_TESTS=OFF \
    && cmake --build build/release --target leader-elector \
    && strip build/release/agent/leader-elector

FROM ${BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates libprometheus-cpp-core1.0 libssl3 libyaml-cpp0.7 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/agent/leader-elector /usr/local/bin/
USER 65532:65532
EXPOSE 4041
ENTRYPOINT ["/usr/local/bin/leader-elector"]
