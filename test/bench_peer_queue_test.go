package test

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/freeport"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
)

// startQueues starts the queue design of test/peers/queue: Redis that flushes every command, and an API and a worker in Node.js.
func startQueues(b *testing.B, database *devstack.MariaDB, temporal *devstack.Temporal) peer {
	b.Helper()
	s := testkit.New(b, testkit.Options{Quiet: true, TemporalAddress: temporal.Address(), Database: testdb.Empty(b)})
	s.Stripe.EnableEvents("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled")
	createQueueSchema(b, s.DB)
	port, err := freeport.Next()
	require.NoError(b, err)
	redisPort := strconv.Itoa(port)
	redis := s.StartOther("redis-server", os.Environ(), "--bind", "127.0.0.1", "--port", redisPort, "--dir", b.TempDir(), "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--loglevel", "warning")
	s.API.Token = "peer-api-key"
	env := queueEnv(b, s, redisPort)
	worker := s.StartOther("node", env, queueScript(b, "worker.js"))
	api := s.StartOther("node", env, queueScript(b, "api.js"))
	s.Eventually(s.API.Ready, "the API of the queue design did not become ready; it logged:\n%s", s.Logs)
	return peer{
		Stack: s, engine: "Redis",
		processes: clocks{
			"API": cpuClock(api.Pid), "worker": cpuClock(worker.Pid), "MariaDB": cpuClock(database.Pid), "Redis": cpuClock(redis.Pid),
		},
		kill: map[string]func(){"worker": dead(worker), "engine": dead(redis)},
		books: peerBooks{
			unposted: `SELECT COUNT(*) FROM bookings b WHERE customer_email LIKE ? AND NOT EXISTS
				(SELECT 1 FROM ledger_entries e WHERE e.booking_id = b.id)`,
			twice: `SELECT COUNT(*) FROM (SELECT 1 FROM ledger_entries e JOIN bookings b ON b.id = e.booking_id
				WHERE customer_email LIKE ? GROUP BY e.booking_id, e.type HAVING COUNT(*) > 1) twice`,
		},
	}
}

// dead kills a process, which is started again.
func dead(process *testkit.Process) func() { return func() { process.Signal(syscall.SIGKILL) } }

func queueScript(b *testing.B, name string) string {
	b.Helper()
	path, err := filepath.Abs(filepath.Join("peers", "queue", name))
	require.NoError(b, err)
	require.DirExists(b, filepath.Join(filepath.Dir(path), "node_modules"), "run `make bench-peers`, which installs them")
	return path
}

func createQueueSchema(b *testing.B, db *testdb.DB) {
	b.Helper()
	db.Create(b)
	text, err := os.ReadFile(filepath.Join("peers", "queue", "schema.sql"))
	require.NoError(b, err)
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) != "" {
			db.Exec(b, statement)
		}
	}
}

func queueEnv(b *testing.B, s *testkit.Stack, redisPort string) []string {
	b.Helper()
	admin, err := mysql.ParseDSN(s.DB.AdminDSN)
	require.NoError(b, err)
	api, err := url.Parse(s.API.URL())
	require.NoError(b, err)
	_, smtpPort, _ := strings.Cut(s.Mailbox.SMTPAddr(), ":")
	return append(os.Environ(), "NODE_ENV=production", "DATABASE_URL=mysql://"+admin.User+"@"+admin.Addr+"/"+admin.DBName,
		"REDIS_URL=redis://127.0.0.1:"+redisPort, "STRIPE_URL="+s.Stripe.URL(), "STRIPE_KEY="+testkit.StripeKey,
		"STRIPE_WEBHOOK_SECRET="+testkit.WebhookSecret, "API_KEY="+s.API.Token, "API_PORT="+api.Port(), "SMTP_PORT="+smtpPort)
}
