# The agent and nothing else: no shell, no package manager. Build: make image
#
# BASE is any Debian 12 or newer; image/base.sh makes one where there is no
# registry. It is for building only, nothing of it but the C library and lists
# of authorities gets into the image.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY cmake/install-deps.sh cmake/
RUN cmake/install-deps.sh image
COPY CMakeLists.txt CMakePresets.json LICENSE ./
COPY cmake cmake
COPY image image
COPY agent agent
COPY k8s k8s
RUN cmake --preset release -DLEADER_ELECTOR_TESTS=OFF -DLEADER_ELECTOR_STATIC=ON \
      -DPROMETHEUS_CPP_SOURCE=/root/.cache/leader-elector/prometheus-cpp \
    && cmake --build build/release --target leader-elector
ARG VERSION=dev
# Seconds since 1970: the times of all files. The same in, the same bytes out.
ARG SOURCE_DATE_EPOCH=0
RUN image/rootfs.sh build/release/agent/leader-elector /rootfs

FROM scratch
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="leader-elector" \
      org.opencontainers.image.description="A sidecar that competes for a Kubernetes Lease and tells its pod whether it leads" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs/ /
USER 65532:65532
EXPOSE 4041
ENTRYPOINT ["/usr/local/bin/leader-elector"]
