package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/internal/logging"
	"farebook/starter/api"
	"farebook/starter/limit"
)

const (
	mutatorWorkers = 8
	// answerPatience is far above what any request may take here: an answer that takes longer is a hang.
	answerPatience = 30 * time.Second
)

// No request of any kind is answered with 500 or breaks off without an answer: thousands that are made from the OpenAPI
// document of the running API and then changed, with a fixed seed. FAREBOOK_MUTATIONS and FAREBOOK_MUTATOR_SEED set another
// number and another seed.
func TestMutatedRequestsAreAnswered(t *testing.T) { //nolint:paralleltest // it would slow the timed tests beside it
	count, seed := fromEnv(t, "FAREBOOK_MUTATIONS", 20_000), fromEnv(t, "FAREBOOK_MUTATOR_SEED", 1)
	log := &faultLog{}
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		deps.Log = slog.New(logging.New(log, "api", "debug").Handler())
		deps.AnswerTimeout, deps.BodyTimeout = 200*time.Millisecond, time.Second          // no worker is there to answer
		deps.Limits.TrustedProxies = limit.Networks{netip.MustParsePrefix("127.0.0.0/8")} // so that X-Forwarded-For is read
	})
	s.token = s.db.NewKey(t, "mutator", access.All()...)
	verdicts := &verdicts{byOperation: map[string]map[int]int{}}
	s.register("https://shop.example/paid") // the address of the example of a booking
	operations, ids := s.operations(), s.plant(verdicts)
	var group sync.WaitGroup
	for worker := range uint64(mutatorWorkers) {
		mutants := newMutator(seed, worker, operations, ids, s.token)
		group.Go(func() {
			c := caller{address: strings.TrimPrefix(s.url, "http://"), verdicts: verdicts}
			defer c.hangUp()
			for range count / mutatorWorkers {
				c.send(mutants.next())
			}
		})
	}
	group.Wait()
	t.Log(verdicts.table())
	for _, fault := range append(verdicts.faults, log.faults...) {
		t.Error(fault)
	}
	for _, o := range operations {
		require.NotEmpty(t, verdicts.byOperation[o.String()], o)
	}
}

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, name)
	return value
}

// plant takes bookings in several states, so that operations on them do more than miss; it returns ids that exist. Each
// operation is asked for once as documented.
func (s *server) plant(v *verdicts) []string {
	s.t.Helper()
	for i := range 6 {
		s.book([]byte(validBody()), "Idempotency-Key", fmt.Sprintf("planted-%d", i))
	}
	s.db.Exec(s.t, `INSERT INTO payments (booking_id, stripe_payment_intent_id, status, amount, amount_captured, currency, created_at, updated_at)
		SELECT id, CONCAT('pi_', id), 'succeeded', amount, amount, currency, NOW(6), NOW(6) FROM bookings WHERE id % 2 = 0`)
	s.db.Exec(s.t, `UPDATE bookings SET status = 'confirmed' WHERE id % 2 = 0`)
	s.db.Exec(s.t, `UPDATE bookings SET status = 'expired' WHERE id % 6 = 1`)
	ids := strings.Split(s.db.Text(s.t, "SELECT GROUP_CONCAT(reference ORDER BY id) FROM bookings"), ",")
	c := caller{address: strings.TrimPrefix(s.url, "http://"), verdicts: v}
	defer c.hangUp()
	plain := newMutator(0, 0, nil, nil, s.token)
	for _, o := range s.operations() {
		for _, id := range ids {
			c.send(plain.plain(o, id))
		}
	}
	for _, id := range ids { // the example of a refund names a payment of another booking
		s.do(http.MethodPost, "/v1/bookings/"+id+"/refunds", []byte("{}"), "Idempotency-Key", "plain-"+id)
	}
	for i := range 3 {
		s.db.NewKey(s.t, fmt.Sprintf("victim-%d", i))
	}
	for _, made := range []string{
		"refund_id) FROM refunds", "correlation_id) FROM reconciliation_runs",
		"client_id) FROM api_clients WHERE name <> 'mutator'",
		"key_id) FROM api_keys k JOIN api_clients c ON c.id = k.client_id WHERE c.name <> 'mutator'",
	} {
		ids = append(ids, strings.Split(s.db.Text(s.t, "SELECT GROUP_CONCAT("+made), ",")...)
	}
	return ids
}

// caller sends requests over one connection for as long as it lasts.
type caller struct {
	address    string
	verdicts   *verdicts
	connection net.Conn
	reader     *bufio.Reader
}

func (c *caller) hangUp() {
	if c.connection != nil {
		_ = c.connection.Close() // it was read to its end, or has failed already
	}
	c.connection = nil
}

func (c *caller) send(m mutant) {
	if !m.framed {
		c.hangUp()
	}
	err := c.write(m.raw)
	if err == nil && m.framed {
		err = c.readOne(m)
	} else if err == nil {
		err = c.readAll(m)
	}
	if err != nil {
		c.hangUp()
		c.verdicts.fault(m, err.Error())
	}
}

func (c *caller) write(raw []byte) error {
	if c.connection == nil {
		connection, err := net.Dial("tcp", c.address)
		if err != nil {
			return err
		}
		c.connection, c.reader = connection, bufio.NewReader(connection)
	}
	if err := c.connection.SetDeadline(time.Now().Add(answerPatience)); err != nil {
		return err
	}
	_, _ = c.connection.Write(raw) // the server may have answered and ended the connection before it has read all
	return nil
}

// readOne reads the answer to a request whose framing holds.
func (c *caller) readOne(m mutant) error {
	for {
		got, last, err := c.read(m.method)
		if err != nil {
			return fmt.Errorf("no answer: %w", err)
		}
		if got.status == http.StatusContinue {
			continue
		}
		if last {
			c.hangUp()
		}
		c.verdicts.judge(m, got)
		return nil
	}
}

// readAll ends our side and reads what comes until the server ends its side.
func (c *caller) readAll(m mutant) error {
	defer c.hangUp()
	if half, ok := c.connection.(*net.TCPConn); ok {
		_ = half.CloseWrite() // the server may have ended the connection already
	}
	for {
		got, last, err := c.read("")
		var network net.Error
		switch {
		case errors.As(err, &network) && network.Timeout():
			return fmt.Errorf("the connection stays open: %w", err)
		case err != nil:
			return nil
		}
		if got.status != http.StatusContinue {
			c.verdicts.judge(m, got)
		}
		if last {
			return nil
		}
	}
}

func (c *caller) read(method string) (got answer, last bool, err error) {
	response, err := http.ReadResponse(c.reader, &http.Request{Method: method})
	if err != nil {
		return answer{}, false, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, false, err
	}
	return answer{response.StatusCode, response.Header, body}, response.Close, response.Body.Close()
}

// verdicts counts answers and keeps what is wrong with them.
type verdicts struct {
	mutex       sync.Mutex
	byOperation map[string]map[int]int
	faults      []string
}

// maxFaults keeps the report of a run that fails everywhere readable.
const maxFaults = 20

func (v *verdicts) fault(m mutant, what string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if len(v.faults) < maxFaults {
		v.faults = append(v.faults, fmt.Sprintf("%s: %s\n%.3000q", m.operation, what, m.raw))
	}
}

func (v *verdicts) judge(m mutant, got answer) {
	v.mutex.Lock()
	if v.byOperation[m.operation] == nil {
		v.byOperation[m.operation] = map[int]int{}
	}
	v.byOperation[m.operation][got.status]++
	v.mutex.Unlock()
	if wrong := got.wrong(m.method == http.MethodHead); wrong != "" {
		v.fault(m, fmt.Sprintf("%s: %d %.1000s", wrong, got.status, got.body))
	}
}

// wrong says what no answer may be, or is empty.
func (a answer) wrong(headOnly bool) string {
	kind := a.header.Get("Content-Type")
	switch {
	case a.status >= 500 && a.status != http.StatusServiceUnavailable && a.status != http.StatusNotImplemented &&
		a.status != http.StatusHTTPVersionNotSupported:
		return "a failure of the server"
	case a.header.Get("X-Correlation-Id") == "":
		return "no correlation id"
	case headOnly:
		return ""
	case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "":
		return "no Retry-After"
	case a.status < 400 && kind == "application/json" && !json.Valid(a.body):
		return "no JSON"
	case a.status >= 400 && kind != "application/problem+json":
		return "no problem"
	case a.status >= 400:
		return a.wrongProblem()
	}
	return ""
}

func (a answer) wrongProblem() string {
	var p problemBody
	err := json.Unmarshal(a.body, &p)
	switch {
	case err != nil:
		return "a problem that cannot be read"
	case p.Status != a.status || p.Title == "" || p.Detail == "":
		return "a problem that says another status, or nothing"
	case !strings.HasPrefix(p.Type, "urn:farebook:problem:"), !strings.HasPrefix(p.Instance, "urn:farebook:request:"):
		return "a problem without type or instance"
	case len(a.body) > 16<<10:
		return "a problem that repeats what was sent"
	}
	for _, inside := range []string{"goroutine", ".go:", "SQLSTATE", "gorm", "dial tcp", "runtime error", webhookSecret} {
		if bytes.Contains(a.body, []byte(inside)) {
			return "a problem that tells of the inside: " + inside
		}
	}
	return ""
}

func (v *verdicts) table() string {
	all := map[int]int{}
	var out strings.Builder
	for _, operation := range slices.Sorted(maps.Keys(v.byOperation)) {
		fmt.Fprintf(&out, "\n%-55s", operation)
		for _, status := range slices.Sorted(maps.Keys(v.byOperation[operation])) {
			all[status] += v.byOperation[operation][status]
			fmt.Fprintf(&out, " %d×%d", status, v.byOperation[operation][status])
		}
	}
	return fmt.Sprintf("answers by status: %v%s", all, out.String())
}

// faultLog is a log that keeps the lines that must not be written, and no other.
type faultLog struct {
	mutex  sync.Mutex
	faults []string
}

func (l *faultLog) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("panic")) || bytes.Contains(line, []byte(`"status":500`)) {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		if len(l.faults) < maxFaults {
			l.faults = append(l.faults, string(line))
		}
	}
	return len(line), nil
}
