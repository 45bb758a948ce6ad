package command_test

import (
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/starter/command"
)

const (
	// hostile clears the screen, forges a line, reorders what is read, and is a formula.
	hostile = "=x\x1b[2J\r\nFORGED\t\u009b31m\u202edrow\u2028"
	// hostileASCII is for the columns that take nothing else.
	hostileASCII = "=x\x1b[2J\r\nFORGED\t"
)

// plantHostileRows puts a stranger's text wherever a list prints one.
func plantHostileRows(t *testing.T, db *testdb.DB) {
	t.Helper()
	db.Exec(t, `INSERT INTO api_clients (client_id, name, created_by, created_at) VALUES ('cl_x', ?, ?, NOW())`, hostile, hostile)
	db.Exec(t, `INSERT INTO api_keys (name, token_sha256, client_id, key_id, token_prefix, scopes, created_by, created_at)
		SELECT 'x', REPEAT('x', 32), id, 'ak_x', 'fbk_x', 'bookings:read', ?, NOW() FROM api_clients`, hostile)
	db.Exec(t, `INSERT INTO audit_log (at, actor, action, subject, correlation_id, detail) VALUES (NOW(), ?, 'x', ?, 'x', ?)`, hostile,
		hostile, hostile)
	db.Exec(t, `INSERT INTO bookings (reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		hold_expires_at, correlation_id, created_at, updated_at)
		SELECT 'FB-00000000', id, 'cancelled', '', '', 'en', '{}', 1, 'USD', NOW(), '', NOW(), NOW() FROM api_keys LIMIT 1`)
	db.Exec(t, `INSERT INTO emails (booking_id, kind, dedupe_key, message_id, status, last_error, created_at)
		SELECT id, 'hold_expired', 'x', '<x@x>', 'failed', ?, NOW() FROM bookings`, hostile)
	for _, id := range []string{"evt_1", "evt_2"} {
		db.Exec(t, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, note, last_error, state,
			stripe_created_at, received_at) VALUES (?, ?, ?, ?, FALSE, '', '{}', ?, ?, 'failed', NOW(), NOW())`,
			id, hostileASCII, hostileASCII, hostile, hostile, map[string]string{"evt_1": hostile}[id])
	}
	db.Exec(t, `INSERT INTO reconciliation_runs (correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start, window_end, error, started_at)
		VALUES ('recon_x', 'all', FALSE, 1, 1, 'failed', NOW(), NOW(), ?, NOW())`, hostile)
	for i, text := range []string{hostile, "＝1+1", "－2", "@x"} {
		db.Exec(t, `INSERT INTO reconciliation_items (run_id, fingerprint, class, object, stripe_id, stripe_balance_transaction_id, booking_reference,
			amount_here, amount_at_stripe, currency, reason, note, state, created_at, updated_at)
			SELECT id, ?, '=class', '+object', ?, ?, '@ref', -45900, 45900, '=US', ?, ?, '-state', NOW(), NOW() FROM reconciliation_runs`,
			strconv.Itoa(i), text, text, text, text)
	}
}

// requireHarmless: nothing in a command's output moves the cursor, changes a colour, breaks a line or reorders text.
func requireHarmless(t *testing.T, name, out string) {
	t.Helper()
	require.False(t, strings.ContainsFunc(out, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp)
	}), "%s: %q", name, out)
	for line := range strings.Lines(out) {
		require.NotEqual(t, "FORGED", strings.TrimSpace(line)[:min(6, len(strings.TrimSpace(line)))], name)
	}
}

// What strangers sent (to Stripe, to the webhook endpoint, by a mail server's answer) is printed, and obeyed by nothing.
func TestListsPrintStrangersTextHarmlessly(t *testing.T) {
	db := testdb.New(t)
	t.Setenv("DATABASE_DSN", db.AppDSN)
	plantHostileRows(t, db)
	for _, args := range []string{
		"events list", "events list --format json", "events show evt_1", "events show evt_1 --payload", "emails list FB-00000000",
		"emails list FB-00000000 --format json", "reconcile show recon_x", "reconcile show recon_x --format json",
		"reconcile show recon_x --format csv",
		"verify --books --format json", "evidence FB-00000000", "client list", "client list --format json", "api-key list",
		"api-key list --format json",
		"audit", "audit --format json",
	} {
		out, _, err := run(t, strings.Fields(args)...)
		if !strings.HasPrefix(args, "verify") { // the planted event breaks a promise
			require.NoError(t, err, args)
		}
		requireHarmless(t, args, out)
		if strings.Contains(args, "json") || strings.HasPrefix(args, "ev") && !strings.HasPrefix(args, "events list") {
			require.True(t, json.Valid([]byte(out)), "%s: %s", args, out)
		} else {
			require.Contains(t, out, `\x1b[2J\r\nFORGED\t`, args)
		}
	}

	var listed struct {
		Events []struct{ Type, ObjectID, LastError, Note string }
	}
	out, _, err := run(t, "events", "list", "--format", "json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(out), &listed))
	require.Len(t, listed.Events, 2)
	require.Equal(t, hostile, listed.Events[1].LastError, "escaping changes no value")
	require.Equal(t, hostile, listed.Events[0].Note)

	out, _, err = run(t, "reconcile", "show", "recon_x", "--format", "csv")
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 5)
	for _, row := range rows[1:] {
		for i, text := range row {
			switch rows[0][i] {
			case "item", "here", "at_stripe":
				_, err := strconv.ParseInt(text, 10, 64)
				require.NoError(t, err, "numbers stay numbers")
			case "here_decimal", "at_stripe_decimal":
				require.Regexp(t, `^-?[0-9]+(\.[0-9]+)?$`, text)
			case "run", "proposed", "amount":
			default:
				require.True(t, strings.HasPrefix(text, "'"), "%s: %q", rows[0][i], text)
			}
		}
	}
}

// A program reads every list alike: an object with the rows under their name, hasMore where the list has pages, and next where there are
// more.
func TestEveryListIsOneShapeInJSON(t *testing.T) {
	db := testdb.New(t)
	t.Setenv("DATABASE_DSN", db.AppDSN)
	plantHostileRows(t, db)
	for args, name := range map[string]string{
		"client list": "clients", "api-key list": "apiKeys", "audit": "entries", "audit --limit 1": "entries",
		"audit --subject nothing": "entries",
		"events list":             "events", "events list --limit 1": "events", "events list --type nothing": "events", "events types": "types",
		"emails list FB-00000000": "emails",
	} {
		out, _, err := run(t, append(strings.Fields(args), "--format", "json")...)
		require.NoError(t, err, args)
		var list map[string]any
		require.NoError(t, json.Unmarshal([]byte(out), &list), args)
		require.IsType(t, []any{}, list[name], args)
		wanted := 1
		if _, paged := list["hasMore"]; paged {
			wanted++
		}
		if list["hasMore"] == true {
			require.Equal(t, "events list --limit 1", args)
			require.Positive(t, list["before"], args)
			require.NotEmpty(t, list["next"], args)
			wanted += 2
		}
		require.Len(t, list, wanted, args)
	}
}

func TestFormatsThatDoNotExist(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"events types", "verify", "schedule show", "refunds show RF-00000000", "payouts show po_1"} {
		_, _, err := run(t, append(strings.Fields(args), "--format", "x")...)
		require.ErrorContains(t, err, `invalid --output "x": must be table or json`, args)
	}
	for _, args := range []string{
		"reconcile", "reconcile show recon_x", "reconcile follow recon_x", "events list", "emails list FB-00000000", "client list",
		"api-key list", "audit", "bookings list", "refunds list", "disputes list", "payouts list", "attention list",
	} {
		_, _, err := run(t, append(strings.Fields(args), "--format", "x")...)
		require.ErrorContains(t, err, `invalid --output "x": must be table, json or csv`, args)
	}
}

// The long help of each command fits a terminal of 80 columns.
func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	var check func(*cobra.Command)
	check = func(cmd *cobra.Command) {
		for line := range strings.SplitSeq(cmd.Long, "\n") {
			require.Less(t, len([]rune(line)), 80, "%s: %s", cmd.CommandPath(), line)
		}
		for _, below := range cmd.Commands() {
			check(below)
		}
	}
	check(command.Root())
}

// verify fits a terminal of 80 columns, and says in JSON what it says in the table.
func TestVerifyFitsATerminal(t *testing.T) {
	db := testdb.New(t)
	t.Setenv("DATABASE_DSN", db.AppDSN)
	out, _, err := run(t, "verify", "--books")
	require.NoError(t, err)
	for line := range strings.Lines(out) {
		require.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80, line)
	}
	table := strings.Count(out, "yes")
	var checked struct {
		Held   bool
		Checks []struct {
			Promise int
			Held    bool
			What    string
		}
	}
	out, _, err = run(t, "verify", "--books", "--format", "json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(out), &checked))
	require.True(t, checked.Held)
	require.Len(t, checked.Checks, table)
}
