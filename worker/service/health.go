package service

import (
	"context"
	"errors"
	"net/http"

	"go.temporal.io/sdk/client"

	"farebook/internal/admin"
)

var errNotPolling = errors.New("this process does not poll yet")

// health is ready while the worker can carry out work: it polls, and the database and Temporal answer.
func (s *Service) health() http.Handler {
	return admin.Health(s.log,
		admin.Check{Name: "mysql", Message: "does not answer", Ask: s.store.Ping},
		admin.Check{Name: "temporal", Message: "does not answer", Ask: func(ctx context.Context) error {
			_, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
			return err
		}},
		admin.Check{Name: "poller", Message: "waits for Temporal, or for `starter setup`", Ask: func(context.Context) error {
			if !s.polls.Load() {
				return errNotPolling
			}
			return nil
		}},
	)
}
