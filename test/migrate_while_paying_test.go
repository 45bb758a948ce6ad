package test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/migrations"
)

const (
	previousSchema = 20     // of the commit in test/previous-release
	earlierRows    = 20_000 // bookings, events, emails, idempotency keys; twice as many ledger transactions
	payers         = 4
	previousToken  = "fbk_previous_release_token"
	// lockWaitLimit is how many seconds the application waits for a row (innodb_lock_wait_timeout of store/internal/db) and, in this test,
	// for a table.
	lockWaitLimit = 5
)

// The schema of the previous release, with the rows of 20,000 bookings, is migrated to this version's while the previous release takes
// bookings that are paid: each is confirmed, none meets a lock wait time-out, and all promises hold afterwards.
func TestBookingsArePaidWhileLargeTablesAreMigrated(t *testing.T) {
	t.Parallel()
	// The server's counters of waits are only of this test on a server that no other test uses.
	server, err := devstack.StartMariaDB(t.Context(), filepath.Join(t.TempDir(), "mariadb"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Kill() }) // its data is not kept
	db := testdb.EmptyOn(t, server.AdminDSN())
	require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, previousSchema))
	fillPreviousSchema(t, db)
	app, err := mysql.ParseDSN(db.AppDSN)
	require.NoError(t, err)
	app.Params = map[string]string{"lock_wait_timeout": strconv.Itoa(lockWaitLimit)}
	db.AppDSN = app.FormatDSN()
	s := testkit.New(t, testkit.Options{Database: db})
	s.API.Token = previousToken
	s.API = s.PreviousRelease()
	s.WebhooksTo(s.API)

	ctx, migrated := context.WithCancel(t.Context())
	defer migrated()
	p := &payingClients{s: s, first: make(chan struct{})}
	var group errgroup.Group
	for i := range payers {
		group.Go(func() error { return p.pay(ctx, fmt.Sprintf("payer-%d", i)) })
	}
	<-p.first
	migrate := s.StarterCommand("migrate")
	migrate.Env = append(migrate.Env, "DATABASE_ADMIN_DSN="+db.AdminDSN)
	began := time.Now()
	output, err := migrate.CombinedOutput()
	took := time.Since(began)
	migrated()
	require.NoError(t, err, "%s", output)
	require.NoError(t, group.Wait(), "logs:\n%s", s.Logs)

	var name string
	var rowWait int // in milliseconds
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_time_max'").Scan(&name, &rowWait))
	t.Logf("migrated from schema %d in %s; %d bookings were paid; longest wait for a row %d ms, for an answer of the API %s",
		previousSchema, took.Round(time.Millisecond), len(p.paid), rowWait, p.longest.Round(time.Millisecond))
	require.Less(t, rowWait, 1000*lockWaitLimit)
	require.NotContains(t, s.Logs.String(), "\"code\":1205", "a transaction met a lock wait time-out")
	for _, reference := range p.paid {
		s.AwaitStatus(reference, "confirmed")
		s.AwaitWorkflowEnd(reference)
	}
	require.Zero(t, db.Count(t, "SELECT COUNT(*) FROM backfills WHERE finished_at IS NULL"))
	requireMigrated(t, s)
}

// requireMigrated migrates again, as the rollout ends, and checks what all bookings have then.
func requireMigrated(t *testing.T, s *testkit.Stack) {
	s.Migrate()
	for _, missing := range []string{"bookings WHERE client_id", "idempotency_keys WHERE client_id", "financial_ledger WHERE effective_at"} {
		require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM "+missing+" IS NULL"), missing)
	}
	s.DB.Open(t)
	require.NoError(t, s.Promises())
}

// payingClients book and pay over and over.
type payingClients struct {
	s     *testkit.Stack
	once  sync.Once
	first chan struct{} // closed when the first booking is paid

	mu      sync.Mutex
	paid    []string
	longest time.Duration // for an answer of the API
}

// pay books and pays until ctx ends.
func (p *payingClients) pay(ctx context.Context, name string) error {
	for n := 0; n == 0 || ctx.Err() == nil; n++ {
		began := time.Now()
		answer, err := p.s.API.Ask(http.MethodPost, "/v1/bookings", fmt.Sprintf("%s-%d", name, n), testkit.BookingBody(nil))
		took := time.Since(began)
		if err != nil {
			return err
		}
		if answer.Status != http.StatusCreated {
			return fmt.Errorf("a booking was answered with %d: %s", answer.Status, answer.Body)
		}
		var booked testkit.Booked
		answer.Into(p.s.T, &booked)
		if status := p.s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"); status != http.StatusOK {
			return fmt.Errorf("a payment was answered with %d", status)
		}
		p.mu.Lock()
		p.paid, p.longest = append(p.paid, booked.Reference), max(p.longest, took)
		p.mu.Unlock()
		p.once.Do(func() { close(p.first) })
	}
	return nil
}

// earlierTables fill the schema of the previous release by the table n, with bookings whose hold ended and money that was paid out and came
// back: the books balance, and Stripe has nothing of it.
var earlierTables = []string{
	`INSERT INTO bookings (id, reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		hold_expires_at, correlation_id, created_at, updated_at)
	SELECT i, CONCAT('FB-', LPAD(i, 8, '0')), 1, 'expired', 'Layla Haddad', 'layla@example.com', 'en', '{}', 45900, 'USD',
		'2026-03-01', 'earlier', '2026-03-01', '2026-03-01' FROM n`,
	`INSERT INTO payments (booking_id, stripe_payment_intent_id, status, amount, currency, created_at, updated_at)
	SELECT i, CONCAT('pi_', i), 'canceled', 45900, 'USD', '2026-03-01', '2026-03-01' FROM n`,
	`INSERT INTO idempotency_keys (api_key_id, idempotency_key, request_sha256, booking_id, resource, answer_status, answer_body, created_at)
	SELECT 1, CONCAT('key-', i), UNHEX(SHA2(i, 256)), i, CONCAT('FB-', LPAD(i, 8, '0')), 201, '{}', '2026-03-01' FROM n`,
	`INSERT INTO emails (booking_id, kind, dedupe_key, message_id, status, created_at, sent_at)
	SELECT i, 'hold_expired', CONCAT('hold-expired/', i), CONCAT('<', i, '@farebook.example>'), 'sent', '2026-03-01', '2026-03-01' FROM n`,
	`INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, processed, processed_at,
		stripe_created_at, received_at, state)
	SELECT CONCAT('evt_', i), 'payment_intent.canceled', '2023-10-16', CONCAT('pi_', i), FALSE, CONCAT('FB-', LPAD(i, 8, '0')), '{}', TRUE,
		'2026-03-01', '2026-03-01', '2026-03-01', 'processed' FROM n`,
	`INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, proof, posted, failure_posted, created_at, updated_at)
	SELECT CONCAT('po_', i), 'failed', 100, 'USD', TRUE, 'manual', TRUE, TRUE, '2026-03-01', '2026-03-01' FROM n`,
	`INSERT INTO financial_ledger (id, type, stripe_object_id, operation_key, description, posted_at)
	SELECT 2 * i - 1, 'payout', CONCAT('po_', i), CONCAT('payout/po_', i), 'Payout', '2026-03-01' FROM n`,
	`INSERT INTO financial_ledger (id, type, stripe_object_id, operation_key, description, posted_at)
	SELECT 2 * i, 'payout_reversal', CONCAT('po_', i), CONCAT('payout-reversal/po_', i), 'Payout failed', '2026-03-01' FROM n`,
	`INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
	SELECT 2 * i - 1, 'asset:bank', 'debit', 100, 'USD' FROM n UNION ALL SELECT 2 * i - 1, 'asset:stripe_clearing', 'credit', 100, 'USD' FROM n
	UNION ALL SELECT 2 * i, 'asset:stripe_clearing', 'debit', 100, 'USD' FROM n UNION ALL SELECT 2 * i, 'asset:bank', 'credit', 100, 'USD' FROM n`,
}

// fillPreviousSchema writes an API key and the rows of earlierRows bookings.
func fillPreviousSchema(t *testing.T, db *testdb.DB) {
	t.Helper()
	db.Exec(t, "INSERT INTO api_keys (id, name, token_sha256) VALUES (1, 'previous', UNHEX(SHA2(?, 256)))", previousToken)
	// Workflow ids contain ids of emails, and all tests share one Temporal namespace.
	db.Exec(t, fmt.Sprintf("ALTER TABLE emails AUTO_INCREMENT = %d", 1+rand.Int64N(1<<40)))
	numbers := fmt.Sprintf(`(WITH RECURSIVE d AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM d WHERE i < %d)
		SELECT 1 + a.i * 100 + b.i AS i FROM d a JOIN d b WHERE b.i < 100) n`, earlierRows/100-1)
	for _, statement := range earlierTables {
		db.Exec(t, strings.ReplaceAll(statement, "FROM n", "FROM "+numbers))
	}
}
