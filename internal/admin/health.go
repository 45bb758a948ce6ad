package admin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// healthTimeout is below the usual time-outs of probes.
const healthTimeout = 3 * time.Second

// Check is a dependency that a process needs, and how it is asked.
type Check struct {
	Name    string
	Message string // what is wrong when it does not work, for an operator
	Ask     func(ctx context.Context) error
}

// failed is a dependency that does not work, as /readyz names it.
type failed struct {
	Part    string `json:"part"`
	Message string `json:"message"`
}

// Health answers /healthz with 200 while the process runs, and /readyz with 200 while every check passes, else 503 with what does not
// work. Errors of dependencies are logged and not shown: they may name hosts and users.
func Health(log *slog.Logger, checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { answer(w, ask(r.Context(), log, checks)) })
	return mux
}

// ask runs all checks at once, and returns those that failed in the given order.
func ask(ctx context.Context, log *slog.Logger, checks []Check) []failed {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	errs := make([]error, len(checks))
	var all sync.WaitGroup
	for i, check := range checks {
		all.Go(func() { errs[i] = check.Ask(ctx) })
	}
	all.Wait()
	var out []failed
	for i, check := range checks {
		if errs[i] != nil {
			log.WarnContext(ctx, "not ready", "part", check.Name, "error", errs[i])
			out = append(out, failed{check.Name, check.Message})
		}
	}
	return out
}

func answer(w http.ResponseWriter, failures []failed) {
	body := struct {
		Status string   `json:"status"`
		Errors []failed `json:"errors,omitempty"`
	}{"ok", failures}
	status := http.StatusOK
	if len(failures) > 0 {
		body.Status, status = "not ready", http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
