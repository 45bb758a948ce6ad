# Two programs in one image: `starter` (API and commands) and `worker`. Built without C, so they run on any base.
FROM golang:1.26.3-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# .dockerignore excludes .git, so version, revision and the date of its commit are passed as arguments.
ARG VERSION=local
ARG REVISION=unknown
ARG DATE=unknown
RUN CGO_ENABLED=0 go build -trimpath \
    -ldflags="-s -w -X farebook/internal/version.version=${VERSION} -X farebook/internal/version.revision=${REVISION} -X farebook/internal/version.date=${DATE}" \
    -o /out/ ./starter ./worker

# Alpine for its certificate bundle and for wget, which the health check uses.
FROM alpine:3.22
ARG VERSION=local
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Farebook" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/ /usr/local/bin/
USER 65532:65532
EXPOSE 8080
CMD ["starter", "serve"]
