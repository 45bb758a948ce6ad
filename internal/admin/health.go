package admin

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"farebook/internal/health"
)

// failure is a dependency that does not work, as /readyz names it.
type failure struct {
	Part    string `json:"part"`
	Message string `json:"message"`
}

// Health answers /healthz with 200 while the process runs, and /readyz with 200 while every check passes, else 503 with what does not
// work.
func Health(log *slog.Logger, checks ...health.Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { answer(w, health.Failed(r.Context(), log, checks...)) })
	return mux
}

func answer(w http.ResponseWriter, failed []health.Check) {
	body := struct {
		Status string    `json:"status"`
		Errors []failure `json:"errors,omitempty"`
	}{Status: "ok"}
	status := http.StatusOK
	if len(failed) > 0 {
		body.Status, status = "not ready", http.StatusServiceUnavailable
	}
	for _, check := range failed {
		body.Errors = append(body.Errors, failure{check.Name, check.Message})
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
