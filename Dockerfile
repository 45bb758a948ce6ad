# Two programs in one image: `starter` (API and commands) and `worker`. Built without C, so they run on any base.
FROM golang:1.26.3-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/ ./starter ./worker

# Alpine for its certificate bundle and for wget, which the health check uses.
FROM alpine:3.22
COPY --from=build /out/ /usr/local/bin/
USER 65532:65532
EXPOSE 8080
CMD ["starter", "serve"]
