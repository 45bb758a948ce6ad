package config

import (
	"reflect"
	"strings"
)

// variables is every variable that Farebook reads itself, with its default and what it is for. Values are texts here
// and checked in read.go and parts.go, so that one message can name every problem by its variable.
type variables struct {
	AppEnv           string `env:"APP_ENV" envDefault:"development" doc:"development or production"`
	LogLevel         string `env:"LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error"`
	DatabaseDSN      string `env:"DATABASE_DSN" doc:"MySQL as the application's user, user:password@tcp(host:port)/database?tls=true; starter migrate makes this user"`
	DatabaseAdminDSN string `env:"DATABASE_ADMIN_DSN" doc:"MySQL as a user that may create databases, users and grants; for starter migrate alone, which has no default for it"`
	StripeSecretKey  string `env:"STRIPE_SECRET_KEY" doc:"sk_... or rk_..."`
	StripeAPIBase    string `env:"STRIPE_API_BASE" doc:"address of the Stripe stand-in; development only"`
	WebhookSecret    string `env:"STRIPE_WEBHOOK_SECRET" doc:"whsec_...; two, with a comma between, while one is rotated"`
	AllowTestKey     string `env:"STRIPE_ALLOW_TEST_KEY" envDefault:"false" doc:"true lets production run with a test key"`
	SMTPHost         string `env:"SMTP_HOST" doc:"mail server"`
	SMTPPort         string `env:"SMTP_PORT" envDefault:"587" doc:"its port"`
	SMTPUsername     string `env:"SMTP_USERNAME" doc:"empty for a server without authentication"`
	SMTPPassword     string `env:"SMTP_PASSWORD" doc:"its password"`
	SMTPTLS          string `env:"SMTP_TLS" envDefault:"starttls" doc:"starttls, tls or none"`
	SMTPFrom         string `env:"SMTP_FROM" doc:"sender, \"Farebook <bookings@example.com>\""`
	FinanceEmail     string `env:"FINANCE_EMAIL" doc:"who hears of disputes, payouts and authorisations that run out"`
	MailsPerAddress  string `env:"MAILS_PER_ADDRESS_HOUR" envDefault:"10" doc:"how many mails about unpaid bookings (declined, expired, cancelled before payment) one address gets within an hour; others are suppressed. Mails about paid bookings are not bounded"`
	RefundPolicy     string `env:"REFUND_POLICY" envDefault:"168:100,48:50" doc:"what a cancellation after payment gives back: HOURS:PERCENT before departure, the longest time first; later than the last gives nothing"`
	HoldBefore       string `env:"HOLD_BEFORE_DEPARTURE" envDefault:"30m" doc:"how long before its flight's departure a hold ends at the latest"`
	SlowMinHold      string `env:"SLOW_METHODS_MIN_HOLD" envDefault:"15m" doc:"the shortest hold that offers more than cards: other methods take minutes to complete"`
	SlowDeparture    string `env:"SLOW_METHODS_BEFORE_DEPARTURE" envDefault:"168h" doc:"how long before departure a booking offers more than cards: bank debits take days to settle"`
	StripeListLag    string `env:"STRIPE_LIST_LAG" envDefault:"5m" doc:"how long Stripe's lists may miss what was just made: a refund whose outcome is unknown is looked for that long before it is asked for under another key; production takes a minute or more"`
	Sweep            string `env:"SWEEP_INTERVAL" envDefault:"15s" doc:"how often what was left behind is looked for: Stripe events that were stored and not processed, and bookings, refunds, disputes, payouts and emails that owe work and have no workflow"`
	Fence            string `env:"FENCE" doc:"why no money may move, as callers of the API read it: API and worker keep a fence up while it is set, which a restore of the database cannot wipe. See docs/disaster.md"`
	FenceLook        string `env:"FENCE_LOOK_INTERVAL" envDefault:"1m" doc:"how often API and worker look whether the database was restored to an earlier time: two lists of Stripe's each"`
	ReconcileRate    string `env:"RECONCILE_CALLS_PER_SECOND" envDefault:"25" doc:"what one reconciliation may ask of Stripe; Stripe's own bound is 25 a second an endpoint"`
	ReconcileLag     string `env:"RECONCILE_LAG" envDefault:"15m" doc:"what is younger may still be on its way, and is no difference yet"`
	ReconcileTol     string `env:"RECONCILE_TOLERANCE" envDefault:"0" doc:"minor units by which a line may differ"`
	ReconcileHeal    string `env:"RECONCILE_HEAL" envDefault:"record_payment,record_refund,record_dispute,record_payout,record_account_fee,record_unbooked" doc:"what may be healed without a person; none for nothing. Who applies a plan decides for all of it"`
	Others           string `env:"OTHER_INTEGRATIONS" doc:"which payments on the Stripe account are another integration's: rules with commas between them, metadata:KEY, metadata:KEY=VALUE, descriptor:PREFIX (of the statement descriptor) or payment_intent:PREFIX. Their money is posted on asset:other_integrations. What the books know as a booking's, or bears our metadata, is never theirs. API and workers need the same"`
	ReconcileCron    string `env:"RECONCILE_SCHEDULE" envDefault:"30 2 * * *" doc:"when reconciliation runs, five fields of cron, as starter setup makes the schedule where there is none; none makes none. starter schedule apply changes it later"`
	ReconcileZone    string `env:"RECONCILE_TIME_ZONE" envDefault:"UTC" doc:"of RECONCILE_SCHEDULE, an IANA name"`
	ReconcileOverdue string `env:"RECONCILE_OVERDUE" envDefault:"26h" doc:"finance hears when no reconciliation has completed for this long, and the run that the schedule had due after the last one has not completed either, or when none has ever completed; 0 for never"`
	PlaintextHosts   string `env:"PLAINTEXT_HOSTS" doc:"hosts, with commas between, that production may reach without TLS: MySQL, SMTP or Temporal on a private network of your own. This machine needs no mention"`
	HTTPAddr         string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080" doc:"where the API listens"`
	MaxConnections   string `env:"HTTP_MAX_CONNECTIONS" envDefault:"2000" doc:"connections that one API process has open at once; fewer where it may open fewer files. More wait until one is closed"`
	MaxPerAddress    string `env:"HTTP_MAX_CONNECTIONS_PER_ADDRESS" envDefault:"200" doc:"of these, from one address (IPv6: one /64); more are closed. Trusted proxies are exempt"`
	TrustedProxies   string `env:"HTTP_TRUSTED_PROXIES" doc:"addresses or networks of your own proxies, 10.0.0.5,10.1.0.0/16: X-Forwarded-For is believed from these alone. Without it, everybody behind a proxy shares one address's limits"`
	ProbeNetworks    string `env:"HTTP_PROBE_NETWORKS" envDefault:"127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10" doc:"networks whose requests for health and documentation are not limited; none for no network"`
	ReadsPerSecond   string `env:"RATE_READS_PER_SECOND" envDefault:"50" doc:"GET requests that one client may send to one API process; two processes allow twice as many. A second's worth may come at once"`
	WritesPerSecond  string `env:"RATE_WRITES_PER_SECOND" envDefault:"25" doc:"all other requests that one client may send to one API process, in the same way"`
	WebhooksPerSec   string `env:"RATE_WEBHOOKS_PER_SECOND" envDefault:"500" doc:"webhooks that one address may send to one API process; four seconds' worth may come at once"`
	StrangersPerSec  string `env:"RATE_STRANGERS_PER_SECOND" envDefault:"10" doc:"requests without an API key (health, documentation, unknown paths) that one address outside HTTP_PROBE_NETWORKS may send to one API process"`
	WrongKeysPerMin  string `env:"RATE_WRONG_KEYS_PER_MINUTE" envDefault:"20" doc:"requests with a missing or wrong API key that one address may send to one API process; more are refused before the database is asked"`
	TaskQueue        string `env:"FAREBOOK_TASK_QUEUE" envDefault:"bookings" doc:"Temporal task queue of bookings"`
	HoldMinute       string `env:"FAREBOOK_HOLD_MINUTE" envDefault:"1m" doc:"how long a minute of a hold lasts; tests only, production refuses another"`
	Failpoint        string `env:"FAREBOOK_FAILPOINT" doc:"where a process kills itself; tests only, production refuses it"`
}

// Variable is one row of the configuration table.
type Variable struct{ Name, Default, Doc string }

// temporalVariables are read by Temporal's envconfig (docs.temporal.io/develop/environment-configuration).
var temporalVariables = []Variable{
	{"TEMPORAL_ADDRESS", "", "host:port of the Temporal server"},
	{"TEMPORAL_NAMESPACE", "default", "its namespace"},
	{"TEMPORAL_API_KEY", "", "for Temporal Cloud; switches TLS on"},
	{"TEMPORAL_CLIENT_AUTHORITY", "", ":authority of the connection"},
	{"TEMPORAL_TLS", "", "true or false"},
	{"TEMPORAL_TLS_CLIENT_CERT_PATH", "", "client certificate, a file"},
	{"TEMPORAL_TLS_CLIENT_CERT_DATA", "", "or its PEM text"},
	{"TEMPORAL_TLS_CLIENT_KEY_PATH", "", "client key, a file"},
	{"TEMPORAL_TLS_CLIENT_KEY_DATA", "", "or its PEM text"},
	{"TEMPORAL_TLS_SERVER_CA_CERT_PATH", "", "the server's authority, a file"},
	{"TEMPORAL_TLS_SERVER_CA_CERT_DATA", "", "or its PEM text"},
	{"TEMPORAL_TLS_SERVER_NAME", "", "name that the server's certificate has to bear"},
	{"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "", "true trusts any server; production refuses it"},
	{"TEMPORAL_CONFIG_FILE", "", "Temporal's own configuration file; read only when named"},
	{"TEMPORAL_PROFILE", "", "profile in that file"},
}

// Variables is every variable that the configuration reads, for documentation and for checks of deployment files.
func Variables() []Variable {
	fields := reflect.VisibleFields(reflect.TypeFor[variables]())
	all := make([]Variable, 0, len(fields)+len(temporalVariables))
	for _, field := range fields {
		all = append(all, Variable{Name: field.Tag.Get("env"), Default: field.Tag.Get("envDefault"), Doc: field.Tag.Get("doc")})
	}
	return append(all, temporalVariables...)
}

// environ is an environment given as a map, as Temporal's envconfig asks for it.
type environ map[string]string

func (e environ) Environ() []string {
	lines := make([]string, 0, len(e))
	for name, value := range e {
		lines = append(lines, name+"="+value)
	}
	return lines
}

// LookupEnv takes an empty variable for one that is not set: deployment files often leave them empty.
func (e environ) LookupEnv(name string) (string, bool) {
	value, ok := e[name]
	return value, ok && strings.TrimSpace(value) != ""
}
