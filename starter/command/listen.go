package command

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"farebook/internal/config"
	"farebook/starter/api"
	"farebook/starter/limit"
)

const (
	// otherFiles are the open files apart from callers' connections: the database, Temporal, Stripe, logs.
	otherFiles = 200
	// refusedPace limits the log lines about refused connections: an attacker could otherwise fill the log.
	refusedPace = 10 * time.Second
)

// listen opens HTTP_ADDR with its limits on connections.
func listen(ctx context.Context, cfg config.Config, log *slog.Logger) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.HTTPAddr)
	if err != nil {
		return nil, fmt.Errorf("HTTP_ADDR: %w", err)
	}
	total := withinFiles(cfg.HTTP.MaxConnections, log)
	paced := rate.Sometimes{Interval: refusedPace}
	return limit.Listen(listener, limit.Connections{
		Total: total, PerAddress: min(cfg.HTTP.MaxConnectionsPerAddress, total), Exempt: cfg.HTTP.TrustedProxies,
		Refused: func(addr netip.Addr) {
			paced.Do(func() {
				log.Warn("connections refused: their address has HTTP_MAX_CONNECTIONS_PER_ADDRESS open connections", "address", addr.String())
			})
		},
	}), nil
}

// withinFiles lowers the limit on connections to the limit on open files. Without free files, the process could accept no connection
// and not reach its database.
func withinFiles(connections int, log *slog.Logger) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		log.Warn("limit on open files not readable", "error", err)
		return connections
	}
	allowed := max(1, int(min(files.Cur, 1<<30))-otherFiles)
	if connections <= allowed {
		return connections
	}
	log.Warn("HTTP_MAX_CONNECTIONS exceeds the limit on open files: raise that limit", "openFiles", files.Cur,
		"configured", connections, "taken", allowed)
	return allowed
}

func limitsOf(h config.HTTP) api.Limits {
	return api.Limits{
		Reads: limit.PerSecond(h.ReadsPerSecond), Writes: limit.PerSecond(h.WritesPerSecond),
		Webhooks: api.WebhookRate(h.WebhooksPerSecond), Strangers: limit.PerSecond(h.StrangersPerSecond),
		WrongKeys:      limit.PerMinute(h.WrongKeysPerMinute),
		TrustedProxies: h.TrustedProxies, ProbeNetworks: h.ProbeNetworks,
	}
}
