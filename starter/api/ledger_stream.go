package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/finance"
	"farebook/store"
	"farebook/store/report"
)

const (
	// reportChunk is how much of a report is in memory before it is sent. A report that fails within it is answered with a problem.
	reportChunk = 64 << 10
	// chunkTimeout is how long a caller may take for one chunk.
	chunkTimeout = 30 * time.Second
	// reportTimeout bounds a report: its snapshot keeps old rows at the database server meanwhile.
	reportTimeout = 15 * time.Minute
	// reportsAtOnce leaves the connections of the pool to bookings; busyWait is how long another report waits for its turn.
	reportsAtOnce = 2
	busyWait      = 5 * time.Second
	// filesAtOnce bounds the memory for files that arrive or are compared: maxStripeFile each.
	filesAtOnce = 4
	// proofTrailer says behind the answer, in any format, whether the report equals what it must.
	proofTrailer = "Report-Proof"
)

// reportWriter writes a report and returns what proves it.
type reportWriter func(ctx context.Context, r *report.Reports, i finance.Interval, out io.Writer) (finance.Checks, error)

// streamed answers with a report while it is read. An error before the first chunk is a problem; after it, the connection ends within the
// answer, so that no caller takes a part for the whole.
func (a *api) streamed(ctx context.Context, spec huma.API, asked finance.Asked, format string, write reportWriter,
) (*huma.StreamResponse, error) {
	r := report.New(a.Store)
	i, err := a.interval(ctx, r, asked)
	if err != nil {
		return nil, err
	}
	return a.answered(spec, format, func(ctx context.Context, _ huma.Context, turn reportTurn) error {
		return turn(func(out io.Writer) (finance.Checks, error) { return write(ctx, r, i, out) })
	}), nil
}

// answered answers with what work writes in its turn. Nobody waits for what work does before it.
func (a *api) answered(spec huma.API, format string, work func(ctx context.Context, hctx huma.Context, turn reportTurn) error,
) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		ctx, cancel := context.WithTimeout(a.readingPages(hctx.Context()), reportTimeout)
		defer cancel()
		out := newReportStream(hctx, reportTypes[format])
		if hctx.Method() == http.MethodHead {
			out.begin()
			return
		}
		err := work(ctx, hctx, func(write func(out io.Writer) (finance.Checks, error)) error {
			return inTurn(ctx, a.reading, func() error {
				checks, err := write(out)
				if err != nil {
					return err
				}
				return out.end(checks)
			})
		})
		if err != nil {
			a.failReport(ctx, spec, out, err)
		}
	}}
}

// reportTurn writes a report once it is its turn.
type reportTurn func(write func(out io.Writer) (finance.Checks, error)) error

// readingPages is the patience of what reads many pages: one of them may be slow without the database being unavailable.
func (a *api) readingPages(ctx context.Context) context.Context {
	return store.WithPatience(ctx, 5*a.DatabaseTimeout)
}

// inTurn runs work while it has one of some places.
func inTurn(ctx context.Context, places chan struct{}, work func() error) error {
	waiting, cancel := context.WithTimeout(ctx, busyWait)
	defer cancel()
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
		return work()
	case <-waiting.Done():
		return unavailable(ctx, "busy", "Other reports are being read. Repeat the request in a few seconds.")
	}
}

// failReport answers with a problem when nothing was sent yet, also when the answer took longer than others may, and otherwise cuts the
// answer off.
func (a *api) failReport(ctx context.Context, spec huma.API, out *reportStream, err error) {
	if errors.Is(err, errCallerGone) {
		return // observe logs it
	}
	refusal := a.problemOf(ctx, err)
	if !out.begun {
		extendAnswer(out.seen, chunkTimeout)
		refuse(spec, out.hctx, refusal)
		return
	}
	a.Log.ErrorContext(ctx, "report cut off", "error", err)
	out.seen.cut = true
}

// errCallerGone ends a report whose caller has stopped reading.
var errCallerGone = errors.New("the caller has stopped reading")

// reportStream sends a report in chunks.
type reportStream struct {
	hctx        huma.Context
	seen        *watched
	contentType string
	pending     bytes.Buffer
	begun       bool
}

func newReportStream(hctx huma.Context, contentType string) *reportStream {
	_, w := humago.Unwrap(hctx)
	seen, ok := w.(*watched)
	if !ok {
		seen = &watched{ResponseWriter: w, body: &trackedBody{ended: true}}
	}
	return &reportStream{hctx: hctx, seen: seen, contentType: contentType}
}

// begin sends the header.
func (s *reportStream) begin() {
	s.begun = true
	s.hctx.SetHeader("Content-Type", s.contentType)
	s.hctx.SetHeader("Trailer", proofTrailer)
	s.hctx.SetStatus(http.StatusOK)
}

// Write sends what was written once it is a chunk.
func (s *reportStream) Write(p []byte) (int, error) {
	_, _ = s.pending.Write(p) // never fails
	if s.pending.Len() < reportChunk {
		return len(p), nil
	}
	return len(p), s.flush()
}

func (s *reportStream) flush() error {
	if !s.begun {
		s.begin()
	}
	extendAnswer(s.seen, chunkTimeout)
	_, _ = s.seen.Write(s.pending.Bytes())
	s.pending.Reset()
	if s.seen.gone {
		return errCallerGone
	}
	return nil
}

// extendAnswer lets an answer take longer than the server allows.
func extendAnswer(w http.ResponseWriter, by time.Duration) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(by)) // the recorder of a test has no connection
}

// end sends the rest, and whether the report proves itself.
func (s *reportStream) end(checks finance.Checks) error {
	if err := s.flush(); err != nil {
		return err
	}
	proof := "holds"
	if !checks.Held() {
		proof = "differs"
	}
	s.seen.Header().Set(proofTrailer, proof)
	return nil
}
