package dispatch

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// reportLate is a gRPC interceptor. A server whose own deadline for a call passes a moment before the caller's resets the stream, which
// arrives as Canceled although nobody here has cancelled: it is reported as what it is, an answer that did not come in time. Callers then
// take it for an outage of Temporal.
func reportLate(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption,
) error {
	err := invoke(ctx, method, request, reply, connection, options...)
	if status.Code(err) == codes.Canceled && !errors.Is(ctx.Err(), context.Canceled) {
		return status.Error(codes.DeadlineExceeded, "Temporal ended the call "+method+" without an answer: "+status.Convert(err).Message())
	}
	return err
}

// lateAttempts is how often a call about a schedule is made: Temporal's own workers carry out schedules, and begin to work for a new
// namespace some seconds after it was made, for which a busy server needs more than the 10 s of one call.
const lateAttempts = 3

// repeatLate repeats a call to which no answer came in time. The call must be harmless when repeated.
func repeatLate(ctx context.Context, call func() error) error {
	for attempt := 1; ; attempt++ {
		err := call()
		var late *serviceerror.DeadlineExceeded
		if !errors.As(err, &late) || ctx.Err() != nil || attempt == lateAttempts {
			return err
		}
	}
}
