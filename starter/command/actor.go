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
	return access.Actor{Name: actorName(os.Geteuid(), os.Getenv), CorrelationID: correlation.From(ctx)}
}

// actorName names an operating-system user. Only root's environment says who calls: sudo sets it, and anybody else could set it to the name
// of a second operator.
func actorName(effective int, env func(string) string) string {
	name := "unknown"
	if current, err := user.Current(); err == nil {
		name = current.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	caller := env("SUDO_USER")
	if effective == 0 && caller != "" {
		name += " for " + caller
	}
	return name
}
