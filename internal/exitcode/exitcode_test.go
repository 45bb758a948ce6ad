package exitcode_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"farebook/internal/config"
	"farebook/internal/exitcode"
	"farebook/internal/stripeapi"
)

func TestEndsHaveTheirCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		err  error
	}{
		{exitcode.OK, nil},
		{exitcode.OK, exitcode.With(exitcode.Findings, nil)},
		{exitcode.Findings, exitcode.With(exitcode.Findings, errors.New("a promise is broken"))},
		{exitcode.Findings, errors.Join(errors.New("x"), exitcode.With(exitcode.Findings, context.DeadlineExceeded))},
		{exitcode.Misuse, exitcode.Misused("--limit: %d", -1)},
		{exitcode.Misuse, config.ProblemsError{"DATABASE_DSN is not set"}},
		{exitcode.Misuse, &mysql.MySQLError{Number: 1045, Message: "Access denied"}},
		{exitcode.Misuse, serviceerror.NewNamespaceNotFound("nowhere")},
		{exitcode.Misuse, serviceerror.NewPermissionDenied("no", "")},
		{exitcode.Misuse, &stripeapi.CallError{Kind: stripeapi.Unauthorized}},
		{exitcode.Outage, &net.OpError{Op: "dial", Err: errors.New("refused")}},
		{exitcode.Outage, &mysql.MySQLError{Number: 1040, Message: "Too many connections"}},
		{exitcode.Outage, serviceerror.NewUnavailable("away")},
		{exitcode.Outage, serviceerror.NewDeadlineExceeded("late")},
		{exitcode.Outage, context.DeadlineExceeded},
		{exitcode.Outage, &stripeapi.CallError{Kind: stripeapi.Busy}},
		{exitcode.Outage, &stripeapi.CallError{Kind: stripeapi.OutcomeUnknown}},
		{exitcode.Interrupted, context.Canceled},
		{exitcode.Failed, errors.New("there is no booking FB-00000000")},
		{exitcode.Failed, &stripeapi.CallError{Kind: stripeapi.NotFound}},
	} {
		err := c.err
		if err != nil {
			err = fmt.Errorf("wrapped: %w", err)
		}
		require.Equal(t, c.code, exitcode.Of(err), "%v", err)
	}
}
