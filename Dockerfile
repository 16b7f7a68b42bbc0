# Two stages: one that builds with everything scripts/setup installs, one that holds the program
# and the libraries it loads, runs as nobody special and writes to /var/lib/barid and /tmp only.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/setup scripts/setup
RUN scripts/setup && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release -DBARID_BENCH=OFF -DDASHBOARD=ON \
    && cmake --build --preset release --target barid \
    && install -D -s --strip-program=llvm-strip-19 build/release/worker/barid /out/barid

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="barid" \
      org.opencontainers.image.description="Background jobs and notifications on PostgreSQL" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates tini \
        libboost-container1.81.0 libboost-json1.81.0 libboost-url1.81.0 libcurl4 libfmt9 libgumbo1 libicu72 libnghttp2-14 libpq5 \
        libprometheus-cpp-core1.0 libseccomp2 libsodium23 libspdlog1.10 libssl3 libtomlplusplus3 libvips42 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 barid \
    && useradd --uid 10001 --gid barid --no-create-home --home-dir /var/lib/barid \
        --shell /usr/sbin/nologin barid \
    && install -d -o barid -g barid -m 750 /var/lib/barid /var/lib/barid/media
COPY --from=build /out/barid /usr/local/bin/barid
# A library that is missing above stops the image here, not the container later.
RUN barid --version

# Other containers must reach it; publish the port only where that is meant.
ENV BARID_HTTP_BIND=0.0.0.0:8787
EXPOSE 8787
USER 10001:10001
WORKDIR /var/lib/barid
STOPSIGNAL SIGTERM
# Says whether this worker has its database and its lease.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["barid", "health"]
# tini passes signals on and reaps what the worker's helper processes leave.
ENTRYPOINT ["/usr/bin/tini", "--", "barid"]
CMD ["work"]
