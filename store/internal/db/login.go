package db

import (
	"context"
	"log/slog"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// Login returns the user and password of the next connection.
type Login func() (user, password string, err error)

// user is the user of the next connection; empty where it cannot be read, or is the DSN's.
func (l Login) user() string {
	if l == nil {
		return ""
	}
	user, _, _ := l() // renewLogin logs the error
	return user
}

// renewLogin asks login before each connection. Connections that are open keep theirs until the end of their lifetime: MySQL checks a
// password only once. When login fails, as while a file is being replaced, the connection uses the DSN's: if the password has changed, the
// server refuses it, and the caller repeats its work as after any outage.
func renewLogin(config *mysqldriver.Config, login Login, log *slog.Logger) error {
	if login == nil {
		return nil
	}
	return config.Apply(mysqldriver.BeforeConnect(func(ctx context.Context, next *mysqldriver.Config) error {
		user, password, err := login()
		if err != nil {
			log.WarnContext(ctx, "the database login cannot be read again: the one from the start is used", "error", err)
			return nil
		}
		next.User, next.Passwd = user, password
		return nil
	}))
}
