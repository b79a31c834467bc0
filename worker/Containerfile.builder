# The binary for another architecture than that of the machine. Its only stage to keep is `binary`.
# By digest: a tag can be moved. To take a newer one: docker buildx imagetools inspect rust:VERSION-bookworm
FROM docker.io/library/rust:1.95.0-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS build
WORKDIR /sluice
COPY . .
RUN cargo rustc --release --locked --package sluice --bin sluice -- -C target-feature=+crt-static -C strip=symbols

FROM scratch AS binary
COPY --from=build /sluice/target/release/sluice /sluice
