package devstack

import (
	"context"
	"path/filepath"
	"time"
)

// scrapeInterval is short, so that a developer sees at once what a request has changed.
const scrapeInterval = 2 * time.Second

// chooseAdmin chooses the admin addresses of API and worker, which keep them when they are started again.
func (s *Stack) chooseAdmin() error {
	s.admin = map[string]string{}
	for _, program := range []string{"starter", "worker"} {
		port, err := orFree(0)
		if err != nil {
			return err
		}
		s.admin[program] = loopback(port)
	}
	return nil
}

// startPrometheus starts a Prometheus with the alerts of deploy/prometheus, if it was asked for and is installed: it is a convenience, and
// no reason to install a package.
func (s *Stack) startPrometheus(ctx context.Context) error {
	if !s.options.Prometheus || !HasPrometheus() {
		return nil
	}
	root, err := Root()
	if err != nil {
		return err
	}
	s.Prometheus, err = StartPrometheus(ctx, filepath.Join(s.options.Dir, "prometheus"), PrometheusOptions{
		Port:  s.options.Ports.Prometheus,
		Rules: filepath.Join(root, "deploy", "prometheus", "alerts.yml"), Interval: scrapeInterval,
		Targets: map[string][]string{"farebook-api": {s.admin["starter"]}, "farebook-worker": {s.admin["worker"]}},
	})
	return err
}
