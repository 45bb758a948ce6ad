package test

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/starter/dispatch"
)

// queueBasedTables are those of the package that docs/migrating.md migrates from, as far as its query reads them.
var queueBasedTables = []string{
	`CREATE TABLE bookings (
		id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, reference VARCHAR(16) CHARACTER SET ascii NOT NULL, status VARCHAR(32)
		  CHARACTER SET ascii NOT NULL,
		customer_name VARCHAR(200) NOT NULL, customer_email VARCHAR(254) NOT NULL, flight_json JSON NOT NULL, amount BIGINT NOT NULL,
		currency CHAR(3) NOT NULL, hold_expires_at DATETIME(3) NOT NULL, needs_refund BOOLEAN NOT NULL DEFAULT FALSE,
		created_at DATETIME(3) NOT NULL, updated_at DATETIME(3) NOT NULL, UNIQUE KEY (reference))`,
	`CREATE TABLE payments (
		id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, booking_id BIGINT UNSIGNED NOT NULL,
		stripe_payment_intent_id VARCHAR(64) CHARACTER SET ascii NULL, status VARCHAR(32) NOT NULL, UNIQUE KEY (booking_id))`,
}

// fill writes the bookings of the earlier system to its own database, and returns a connection to it.
func (e *earlierSystem) fill() *sql.Conn {
	t, name := e.s.T, e.s.DB.Name+"_old"
	e.s.DB.Exec(t, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	conn, err := e.s.DB.SQL.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := conn.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})
	exec := func(statement string, args ...any) {
		_, err := conn.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	exec("USE " + name)
	for _, table := range queueBasedTables {
		exec(table)
	}
	sqlTime := strings.NewReplacer("T", " ", "Z", "")
	for i, row := range e.rows {
		flight := `{"number":"EK2","from":"LHR","to":"DXB","departsAt":"` + row["departs_at"] + `","arrivesAt":"` + row["arrives_at"] +
			`","passengers":[{"name":"Layla Haddad"},{"name":"عمر \"Omar\" حداد"}]}`
		exec(`INSERT INTO bookings (id, reference, status, customer_name, customer_email, flight_json, amount, currency, hold_expires_at, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, i+1, row["reference"], row["state"], row["customer_name"], row["customer_email"], flight,
			row["amount_minor"], row["currency"], sqlTime.Replace(row["hold_expires_at"]), sqlTime.Replace(row["created_at"]),
			sqlTime.Replace(row["created_at"]))
		exec("INSERT INTO payments (booking_id, stripe_payment_intent_id, status) VALUES (?, ?, 'any')", i+1, row["payment_intent"])
	}
	return conn
}

// guide is docs/migrating.md.
type guide struct {
	t    *testing.T
	text string
}

// fenced is a block of a page: its language, which may be empty, and its text.
var fenced = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")

// blocks are the guide's blocks of one language, in order.
func (g guide) blocks(language string) (blocks []string) {
	for _, found := range fenced.FindAllStringSubmatch(g.text, -1) {
		if found[1] == language {
			blocks = append(blocks, found[2])
		}
	}
	require.NotEmpty(g.t, blocks)
	return blocks
}

// export writes what the guide's query prints.
func (g guide) export(conn *sql.Conn, path string) {
	rows, err := conn.QueryContext(g.t.Context(), g.blocks("sql")[0])
	require.NoError(g.t, err)
	defer func() { require.NoError(g.t, rows.Close()) }()
	var lines strings.Builder
	for rows.Next() {
		var line string
		require.NoError(g.t, rows.Scan(&line))
		lines.WriteString(line + "\n")
	}
	require.NoError(g.t, rows.Err())
	require.NoError(g.t, os.WriteFile(path, []byte(lines.String()), 0o600))
}

// shell runs a block of commands as a shell does, in a folder.
func shell(s *testkit.Stack, folder, block string) string {
	s.T.Helper()
	starter := s.StarterCommand()
	command := exec.CommandContext(s.T.Context(), "sh", "-e", "-c", block)
	command.Dir = folder
	command.Env = append(starter.Env, "DATABASE_ADMIN_DSN="+s.DB.AdminDSN, "PATH="+filepath.Dir(starter.Path)+":"+os.Getenv("PATH"))
	out, err := command.CombinedOutput()
	require.NoError(s.T, err, "%s\n%s", block, out)
	return string(out)
}

// The commands of docs/migrating.md, followed to the letter on an account with the history of a queue-based package: the books are
// complete, nothing was charged, and what was taken over lives on.
func TestGuideToMigratingIsFollowed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	text, err := os.ReadFile("../docs/migrating.md")
	require.NoError(t, err)
	guide := guide{t, string(text)}
	commands, folder := guide.blocks("sh"), t.TempDir()

	again := s.DropWebhooks() // Farebook's endpoint is disabled
	shell(s, folder, commands[0])
	s.API.Token = s.DB.NewKey(t, "shop")
	old := newEarlierSystem(s)
	old.book("SD-PAID", "pm_card_visa", "confirmed", nil)
	inPart, _ := old.book("SD-PART", "pm_card_visa", "confirmed", nil)
	_, err = s.Stripe.RefundInDashboard(inPart, 10000)
	require.NoError(t, err)
	whole, _ := old.book("SD-BACK", "pm_card_visa", "refunded", nil)
	_, err = s.Stripe.RefundInDashboard(whole, 45900)
	require.NoError(t, err)
	open, _ := old.book("SD-OPEN", "", "pending_payment", nil)
	old.book("SD-GONE", "", "expired", nil)
	flown := s.ForeignPayment(30000) // so far back that it is not exported
	s.Stripe.SettleFunds()
	_, err = s.Stripe.PayOut("usd")
	require.NoError(t, err)
	old.book("SD-WEEK", "pm_card_visa", "confirmed", nil)
	past := s.Stripe.Clock().Now().Truncate(time.Second).Add(time.Second)
	s.Eventually(func() bool { return !s.Stripe.Clock().Now().Before(past) }, "the clock stands still")

	shell(s, folder, commands[1])
	again()
	old.book("SD-LATE", "pm_card_visa", "pending_payment", nil) // paid at the last moment: both systems hear of it
	s.AwaitQuiet()
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	guide.export(old.fill(), filepath.Join(folder, "bookings.json"))
	intents := s.CreatedPaymentIntents()
	t.Cleanup(func() {
		require.NoError(t, dispatch.NewClient(s.Temporal, s.Config.TaskQueue).DeleteSchedule(context.WithoutCancel(t.Context())))
	})
	for _, block := range commands[2:] {
		requireNothingAtStripe(s, func() { shell(s, folder, block) })
	}
	require.Equal(t, intents, s.CreatedPaymentIntents())
	require.Equal(t, "partially_refunded", s.Status(importedAs(s, "SD-PART")))
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE status <> 'suppressed'"), "nobody was written to")

	for earlier, owed := range map[string]int{"SD-PAID": 45900, "SD-PART": 35900, "SD-BACK": 0, "SD-WEEK": 45900, "SD-LATE": 45900} {
		require.Equal(t, owed, s.DB.Count(t, `SELECT COALESCE(SUM(IF(e.side = 'credit', e.amount, -e.amount)), 0) FROM ledger_entries e
			JOIN financial_ledger l ON l.id = e.ledger_id JOIN bookings b ON b.id = l.booking_id
			WHERE b.reference = ? AND e.account = 'liability:unearned_revenue'`, importedAs(s, earlier)), earlier)
	}

	ask(s, importedAs(s, "SD-PAID"), "refund", `{}`)
	s.AwaitStatus(importedAs(s, "SD-PAID"), "refunded")
	require.Equal(t, http.StatusOK, s.Pay(open, "pm_card_visa"))
	s.AwaitStatus(importedAs(s, "SD-OPEN"), "confirmed")
	_, err = s.Stripe.RefundInDashboard(flown, 30000)
	require.NoError(t, err)
	s.AwaitQuiet()
	shell(s, folder, "starter reconcile")
	shell(s, folder, "starter verify")
	s.RequirePromises()
}
