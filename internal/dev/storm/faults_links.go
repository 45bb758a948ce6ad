package storm

import (
	"context"
	"time"

	"farebook/internal/wait"
)

// The connections of our processes to their servers.
var linked = []string{"MariaDB", "Temporal", "Stripe", "SMTP"}

func linkKinds() []kind {
	troubled := func(name string, now trouble, longest time.Duration) kind {
		return kind{name: name, weight: 4, targets: linked, longest: longest, play: func(ctx context.Context, s *System, f Fault) error {
			s.links[f.Target].become(now)
			defer s.links[f.Target].become(none)
			return wait.For(ctx, f.For)
		}}
	}
	return []kind{
		troubled("connections reset", reset, 4*time.Second), troubled("connections half open", halfOpen, 10*time.Second),
		troubled("answers lost", deaf, 2*time.Second), troubled("latency", slow, 8*time.Second), troubled("slow link", trickle, 8*time.Second),
	}
}
