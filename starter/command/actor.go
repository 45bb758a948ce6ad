package command

import (
	"context"
	"os"
	"os/user"

	"farebook/access"
	"farebook/internal/correlation"
)

// actor is the operating-system user for the audit log: "alice@bastion", or "root@bastion for alice" under sudo. Its correlation id is
// the context's.
func actor(ctx context.Context) access.Actor {
	name := "unknown"
	if current, err := user.Current(); err == nil {
		name = current.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	if caller := os.Getenv("SUDO_USER"); caller != "" {
		name += " for " + caller
	}
	return access.Actor{Name: name, CorrelationID: correlation.From(ctx)}
}
