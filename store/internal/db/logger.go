package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// statementLog is gorm's log on slog: statements that failed or were slow, always without their parameters, which are
// names and addresses. gorm's own slog adapter would also write an error for each duplicate key, which here is how a
// repetition is recognised.
type statementLog struct {
	log  *slog.Logger
	slow time.Duration // Pool.Slow
}

// LogMode is gorm's; what is logged is decided here and by the level of the slog handler.
func (l statementLog) LogMode(logger.LogLevel) logger.Interface { return l }

func (l statementLog) Info(ctx context.Context, format string, args ...any) {
	l.log.InfoContext(ctx, fmt.Sprintf(format, args...))
}

func (l statementLog) Warn(ctx context.Context, format string, args ...any) {
	l.log.WarnContext(ctx, fmt.Sprintf(format, args...))
}

func (l statementLog) Error(ctx context.Context, format string, args ...any) {
	l.log.ErrorContext(ctx, fmt.Sprintf(format, args...))
}

// Trace is called after each statement.
func (l statementLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), err error) {
	took := time.Since(begin)
	switch {
	case err != nil && !expected(err):
		text, _ := statement()
		l.log.ErrorContext(ctx, "database statement failed", "statement", text, "durationMs", took.Milliseconds(), "error", err.Error())
	case took > l.slow:
		text, rows := statement()
		l.log.WarnContext(ctx, "database statement was slow", "statement", text, "durationMs", took.Milliseconds(), "rows", rows)
	}
}

// ParamsFilter takes the parameters away before a statement is written out.
func (statementLog) ParamsFilter(_ context.Context, statement string, _ ...any) (string, []any) {
	return statement, nil
}

// expected errors are dealt with by whoever ran the statement: nothing found, there already, rolled back and repeated,
// nobody waits for the answer any more.
func expected(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, context.Canceled) || DuplicateKey(err) || rolledBack(err)
}
