package testkit

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"

	"farebook/internal/logging"
	"farebook/starter/command"
	"farebook/worker/service"
)

// startInside runs worker and API inside the test, by the code of their main functions, so that the race detector sees them.
func (s *Stack) startInside(listener net.Listener, options Options) {
	if !options.NoWorker && options.Steps != InAPI {
		s.StartWorker()
	}
	ctx, cancel := background(s.T)
	s.T.Cleanup(cancel)
	handler, closeAPI, err := command.NewAPI(ctx, s.withAdmin(s.AdminOfAPI), s.DB.Clock, logging.New(s.Logs, "api", s.Config.LogLevel))
	require.NoError(s.T, err)
	s.T.Cleanup(closeAPI)
	s.handler = handler
	s.serveInside(listener, handler)
}

// Handler is the API inside the test, for what calls it without a network. It is nil where the API is a process.
func (s *Stack) Handler() http.Handler { return s.handler }

// StartWorker runs a worker inside the test until stop is called or the test ends.
func (s *Stack) StartWorker() (stop func()) {
	ctx, cancel := background(s.T)
	worker, err := service.New(ctx, s.withAdmin(s.AdminOfWorker), s.DB.Clock, logging.New(s.Logs, "worker", s.Config.LogLevel))
	require.NoError(s.T, err)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(s.T, <-ended)
	}
	s.T.Cleanup(stop)
	return stop
}

func quietTemporal() sdklog.Logger {
	return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
}
