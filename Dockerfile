# The whole of Lights Out in one small image: the page is built first, then the program with the page in it.
FROM node:22.14.0-bookworm-slim AS ui
WORKDIR /src/ui
COPY ui/package.json ui/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY ui/ ./
RUN npm run build

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=ui /src/ui/dist ui/dist
# --version says VERSION (go tool task image), else the commit that .git/HEAD names; git wants an objects folder to read it.
ARG VERSION=""
RUN mkdir -p /out/data && \
    commit=$({ mkdir -p .git/objects .git/refs && git rev-parse --verify HEAD; } 2>/dev/null | cut -c1-12) && \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X main.version=${VERSION:-$commit}" -o /out/lightsout ./cmd/lightsout

FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION="" COMMIT=""
LABEL org.opencontainers.image.title="Lights Out" \
      org.opencontainers.image.description="A real-time race event platform" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /out/lightsout /lightsout
COPY --from=build --chown=nonroot:nonroot /out/data /data
USER nonroot
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/lightsout", "health"]
ENTRYPOINT ["/lightsout"]
CMD ["serve", "--addr", "0.0.0.0:8080", "--db", "/data/lightsout.db"]
