package service

import (
	"context"
	"errors"
	"net/http"

	"farebook/internal/admin"
	"farebook/internal/health"
)

var errNotPolling = errors.New("this process does not poll yet")

// health is ready while the worker can carry out work: it polls, and the database and Temporal answer.
func (s *Service) health() http.Handler {
	return admin.Health(s.log, health.MySQL(s.store.Ping), health.Temporal(s.temporal),
		health.Check{Name: "poller", Message: "waits for Temporal, or for `starter setup`", Ask: func(context.Context) error {
			if !s.polls.Load() {
				return errNotPolling
			}
			return nil
		}},
	)
}
