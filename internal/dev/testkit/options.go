package testkit

import (
	"time"

	"farebook/internal/dev/testdb"
)

// Steps are the processes that carry out the steps of workflows.
type Steps int

const (
	// Everywhere is what production does: the worker, and the worker in the API's process.
	Everywhere Steps = iota
	// InWorker has no worker in the API's process (API_WORKER=false).
	InWorker
	// InAPI has no worker beside the API's. Nothing reconciles then.
	InAPI
)

// Options change what New starts. Every zero value is what most tests want.
type Options struct {
	// Processes runs worker and API as processes that can be killed, instead of inside the test.
	Processes bool
	// WorkerFailpoint and APIFailpoint name the point at which a process kills itself, once. It is started again.
	WorkerFailpoint, APIFailpoint string
	// HoldMinute is the length of a minute of a hold; zero for a real minute.
	HoldMinute time.Duration
	// TemporalAddress names a Temporal server for this test alone; empty for the one that all tests share.
	TemporalAddress string
	// DatabaseServer is the administrator's DSN of a database server for this test alone, ending in /; empty for the one that all tests
	// share.
	DatabaseServer string
	// NoWorker leaves the worker to the test. Steps is InWorker then.
	NoWorker bool
	// Steps are where steps run. A WorkerFailpoint implies InWorker, so that the test knows which process dies.
	Steps Steps
	// Unprepared starts servers only: no schema, no Temporal namespace (so TemporalAddress is required), no API key, no worker and no
	// API.
	Unprepared bool
	// Database is what the test has prepared with an older schema, and nil for a new one. There is no API key, no worker and no API then.
	Database *testdb.DB
	// Lag is RECONCILE_LAG: how young a difference is left to its event.
	Lag time.Duration
	// ListLag is STRIPE_LIST_LAG: how long Stripe's lists may miss a new object; zero for a second.
	ListLag time.Duration
	// Overdue is RECONCILE_OVERDUE: how long after the last reconciliation finance is alarmed; zero for never.
	Overdue time.Duration
	// SealKey is LEDGER_SEAL_KEY_FILE: the file with the key that signs seals and evidence; empty for none.
	SealKey string
	// Heal is RECONCILE_HEAL: what reconciliation heals without an operator; empty for everything.
	Heal string
	// Others is OTHER_INTEGRATIONS: the rules by which another integration's payments are recognised.
	Others string
	// CallsPerSecond is the rate limit of reconciliation at Stripe; zero for 1,000.
	CallsPerSecond int
	// MailsPerAddress is MAILS_PER_ADDRESS_HOUR; zero for a million, because all bookings of a test have one email address.
	MailsPerAddress int
	// AnswerTime is the shortest time that Stripe takes for an answer.
	AnswerTime time.Duration
	// Latency is added to every connection to the database, Stripe and the mail server, in each direction.
	Latency time.Duration
	// FenceLook is FENCE_LOOK_INTERVAL: how often a restored database is looked for; zero for an hour.
	FenceLook time.Duration
	// Sweep is SWEEP_INTERVAL: how often rows without a workflow and events that were not processed are looked for; zero for 500 ms.
	Sweep time.Duration
	// Admin gives API and worker an admin address each: Stack.AdminOfAPI and AdminOfWorker.
	Admin bool
	// LogStatements has the database server log each statement of the worker and the API: see testdb.DB.Statements.
	LogStatements bool
	// SecretFiles gives the secrets of the configuration to the stack as files, which WriteSecret and RotateStripe change.
	SecretFiles bool
	// MailPassword is what the mail server asks for; empty for none.
	MailPassword string
	// PayPage gives the API a payment page, and bookings a link to it.
	PayPage bool
	// Env is added to the configuration: NAME=value.
	Env []string
	// Quiet logs errors only: for benchmarks.
	Quiet bool
}
