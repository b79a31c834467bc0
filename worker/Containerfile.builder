# The binary for another architecture than that of the machine. Its only stage to keep is `binary`.
FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /sluice
COPY . .
RUN cargo rustc --release --locked --package sluice --bin sluice -- -C target-feature=+crt-static -C strip=symbols

FROM scratch AS binary
COPY --from=build /sluice/target/release/sluice /sluice
