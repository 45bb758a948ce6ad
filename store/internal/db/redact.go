package db

import (
	"errors"
	"regexp"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
)

// dialector is gorm's for MySQL, with errors that may be shown: the server quotes the values it complains about, and an
// error from here ends in logs and in workflow histories.
type dialector struct {
	*mysql.Dialector

	limit time.Duration // of a statement at the server
}

// Translate is called by gorm on every error of a statement.
func (d dialector) Translate(err error) error {
	var refused *driver.MySQLError
	if !errors.As(err, &refused) {
		return err
	}
	shown := &driver.MySQLError{Number: refused.Number, SQLState: refused.SQLState, Message: withoutValues(refused.Message)}
	if endedForTime(refused.Number) {
		return &StatementLimitError{Limit: d.limit, err: shown}
	}
	return shown
}

var (
	// quoted is a value that the server repeats, up to the part of its message that names a key, a column or a line.
	quoted = regexp.MustCompile(`(?s)(entry|value:?|near) '.*'( for key '[^']*'| for column [^ ]+ at row \d+| at line \d+)$`)
	// unfinished is one whose end is not where we look for it: better to lose the rest.
	unfinished = regexp.MustCompile("(?s)(entry|value:?|near) '.*")
)

func withoutValues(message string) string {
	if quoted.MatchString(message) {
		return quoted.ReplaceAllString(message, "$1 '...'$2")
	}
	return unfinished.ReplaceAllString(message, "$1 '...'")
}
