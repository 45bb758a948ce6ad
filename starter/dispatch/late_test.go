package dispatch_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"farebook/starter/dispatch"
)

// busyServer ends the first calls as a Temporal server does whose own deadline passes before the caller's: as cancelled.
type busyServer struct {
	workflowservice.UnimplementedWorkflowServiceServer

	late  int64
	calls atomic.Int64
}

func (s *busyServer) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, nil
}

func (s *busyServer) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest,
) (*workflowservice.DescribeScheduleResponse, error) {
	if s.calls.Add(1) <= s.late {
		return nil, status.Error(codes.Canceled, "stream terminated by RST_STREAM with error code: CANCEL")
	}
	return &workflowservice.DescribeScheduleResponse{
		Schedule: &schedulepb.Schedule{
			Spec:   &schedulepb.ScheduleSpec{},
			State:  &schedulepb.ScheduleState{Notes: "answered"},
			Action: &schedulepb.ScheduleAction{Action: &schedulepb.ScheduleAction_StartWorkflow{}},
		},
		Info: &schedulepb.ScheduleInfo{}, SearchAttributes: &commonpb.SearchAttributes{}, Memo: &commonpb.Memo{},
	}, nil
}

func (s *busyServer) dial(t *testing.T) *dispatch.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, s)
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	dialled, err := dispatch.Dial(client.Options{HostPort: listener.Addr().String()}, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(dialled.Close)
	return dispatch.NewClient(dialled, "bookings")
}

// A schedule is read again when Temporal has ended the call without an answer, and Temporal is away when it does so each time.
func TestLateAnswersAboutASchedule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		late, calls int64
		answered    bool
	}{{0, 1, true}, {2, 3, true}, {3, 3, false}} {
		server := &busyServer{late: c.late}
		found, err := server.dial(t).Schedule(t.Context())
		require.Equal(t, c.calls, server.calls.Load())
		if c.answered {
			require.NoError(t, err)
			require.Equal(t, "answered", found.Note)
			continue
		}
		var late *serviceerror.DeadlineExceeded
		require.ErrorAs(t, err, &late)
		require.ErrorContains(t, err, "without an answer")
	}
}

// A call that its caller cancels stays cancelled, and is made once.
func TestCancelledCallIsNotLate(t *testing.T) {
	t.Parallel()
	server := &busyServer{late: 9}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	dispatcher := server.dial(t)
	cancel()
	_, err := dispatcher.Schedule(ctx)
	var late *serviceerror.DeadlineExceeded
	require.False(t, errors.As(err, &late), "%v", err)
	require.Error(t, err)
	require.LessOrEqual(t, server.calls.Load(), int64(1))
}
