package dispatch

import (
	"context"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// StartHere starts the booking's workflow, or joins the running one, and asks for the first workflow task in the answer, for the worker of
// this process on the same client. here is false when the server kept the task: the workflow ran already, or no worker of this process had
// a free slot. Another worker then takes the task, and the workflow runs all the same. A repetition joins the run.
func (c *Client) StartHere(ctx context.Context, s BookingSubject) (here bool, err error) {
	about := s.subject()
	options := c.options(about)
	options.EnableEagerStart = true
	_, err = c.temporal.ExecuteWorkflow(context.WithValue(ctx, grantKey{}, &here), options, about.kind, about.input)
	return here && err == nil, err
}

// grantKey is the key of the *bool in a context that records whether the server granted the first task.
type grantKey struct{}

// recordGrant is a gRPC interceptor. It sees the server's answer to a start, in which the first task is or is not: the SDK passes the task
// to the worker and does not report it to the caller. Of several attempts the last one counts.
func recordGrant(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption,
) error {
	err := invoke(ctx, method, request, reply, connection, options...)
	granted, asked := ctx.Value(grantKey{}).(*bool)
	started, starts := reply.(*workflowservice.StartWorkflowExecutionResponse)
	if asked && starts {
		*granted = err == nil && started.GetEagerWorkflowTask() != nil
	}
	return err
}
