// Package admin serves the admin address of API and worker: metrics, health, and on request Go's profiles. The address is separate from
// the public one, so that no route of it can be reached by a caller of the API. It imports internal/config and internal/health.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"farebook/internal/config"
)

const (
	// headerTimeout and writeTimeout bound a request. A profile takes up to writeTimeout.
	headerTimeout = 5 * time.Second
	writeTimeout  = 2 * time.Minute
	// drainTimeout is how long a scrape in progress may take once the process is asked to stop.
	drainTimeout = 5 * time.Second
	// maxHeaderBytes is far above the headers of a scrape.
	maxHeaderBytes = 16 << 10
)

// Routes are the handlers of the admin address.
type Routes struct {
	Metrics http.Handler
	// Health answers /healthz and /readyz, and what is below /readyz/.
	Health http.Handler
}

// Server listens on the admin address until Stop.
type Server struct {
	server *http.Server
	ended  chan error
	log    *slog.Logger
	addr   net.Addr
}

// Start listens on cfg's address and returns at once. Without an address it listens nowhere, and returns a Server whose Stop does nothing.
func Start(ctx context.Context, cfg config.Admin, routes Routes, log *slog.Logger) (*Server, error) {
	if cfg.Addr == "" {
		return &Server{}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("ADMIN_ADDR: %w", err)
	}
	s := &Server{
		server: &http.Server{
			Handler: handler(routes, cfg.Pprof), ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: writeTimeout,
			MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
		ended: make(chan error, 1), log: log, addr: listener.Addr(),
	}
	go func() { s.ended <- s.server.Serve(listener) }()
	log.InfoContext(ctx, "admin address is listening", "address", s.addr.String(), "pprof", cfg.Pprof)
	return s, nil
}

// Addr is the address on which the server listens; nil without one.
func (s *Server) Addr() net.Addr { return s.addr }

// Stop lets scrapes in progress end.
func (s *Server) Stop() {
	if s.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		s.log.Warn("admin address not stopped in order", "error", err)
	}
}

func handler(routes Routes, profiles bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", routes.Metrics)
	mux.Handle("GET /healthz", routes.Health)
	mux.Handle("GET /readyz", routes.Health)
	mux.Handle("GET /readyz/", routes.Health)
	if profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	}
	return mux
}
