package testkit

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"google.golang.org/grpc"
)

// A machine that runs many stacks at once meets limits of the product with nothing being wrong. Who tests a limit sends single requests by
// APIClient.Do.
const (
	// databaseTime is how long a request waits for the database (databaseTimeout of starter/api), and databaseLate what it says then.
	databaseTime = 2 * time.Second
	databaseLate = "The database is unavailable"
	// temporalTime is how long a call to Temporal takes at most; for the end of a step the API waits longer.
	temporalTime = 10 * time.Second
	temporalLate = "The payment service is unavailable"
	// notReady is what /readyz says, which waits for the database as a request does.
	notReady = "urn:farebook:problem:not-ready"
	// inProgress is what a repetition meets while the request before it has not given its key back.
	inProgress = "urn:farebook:problem:idempotency-in-progress"
)

// UntilInTime asks again while an answer says that a part did not answer in time, for as long as a test waits for anything. A 503 that
// comes before the time is over has another cause, and is returned.
func UntilInTime(ask func() (Answer, error)) (Answer, error) {
	repeated := false
	for end := time.Now().Add(Patience); ; repeated = true {
		began := time.Now()
		answer, err := ask()
		again := answer.late(time.Since(began)) || repeated && answer.says(http.StatusConflict, inProgress)
		if err != nil || !again || time.Now().After(end) {
			return answer, err
		}
	}
}

// late reports whether an answer that took so long says that a part did not answer in time.
func (a Answer) late(took time.Duration) bool {
	bare := a.Status == http.StatusServiceUnavailable && len(a.Body) == 0 // from an answer whose reason the caller does not read
	return took >= databaseTime && (bare || a.refuses(databaseLate) || a.refuses(notReady)) || took >= temporalTime && a.refuses(temporalLate)
}

func (a Answer) refuses(text string) bool { return a.says(http.StatusServiceUnavailable, text) }

func (a Answer) says(status int, text string) bool {
	return a.Status == status && bytes.Contains(a.Body, []byte(text))
}

// patiently gives the calls of a test to Temporal the time of the test instead of the SDK's ten seconds. Who cancels a call ends it.
func patiently(ctx context.Context, method string, in, out any, on *grpc.ClientConn, call grpc.UnaryInvoker,
	options ...grpc.CallOption,
) error {
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})()
	return call(patient, method, in, out, on, options...)
}
