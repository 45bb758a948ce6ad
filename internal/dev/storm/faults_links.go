package storm

import (
	"context"
	"time"

	"farebook/internal/dev/link"
	"farebook/internal/wait"
)

// The connections of our processes to their servers.
var linked = []string{"MariaDB", "Temporal", "Stripe", "SMTP"}

func linkKinds() []kind {
	troubled := func(name string, now link.Trouble, longest time.Duration) kind {
		return kind{name: name, weight: 4, targets: linked, longest: longest, play: func(ctx context.Context, s *System, f Fault) error {
			s.links[f.Target].Become(now)
			defer s.links[f.Target].Become(link.None)
			return wait.For(ctx, f.For)
		}}
	}
	return []kind{
		troubled("connections reset", link.Reset, 4*time.Second), troubled("connections half open", link.HalfOpen, 10*time.Second),
		troubled("answers lost", link.Deaf, 2*time.Second), troubled("latency", link.Slow, 8*time.Second),
		troubled("slow link", link.Trickle, 8*time.Second),
	}
}
