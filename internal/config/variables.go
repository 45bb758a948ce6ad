package config

import (
	"reflect"
	"strings"
)

// variables has a field for each variable that Farebook reads, with its default and its documentation. The values are texts here and
// are parsed in read.go and parts.go, so that one message can name every problem by its variable.
type variables struct {
	AppEnv           string `env:"APP_ENV" envDefault:"development" doc:"development or production"`
	LogLevel         string `env:"LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error"`
	DatabaseDSN      string `env:"DATABASE_DSN" doc:"MySQL as the application's user, user:password@tcp(host:port)/database?tls=true; starter migrate creates this user"`
	DatabaseAdminDSN string `env:"DATABASE_ADMIN_DSN" doc:"MySQL as a user that may create databases, users and grants; only for starter migrate, and without a default"`
	PoolSize         string `env:"DATABASE_POOL_SIZE" envDefault:"32" doc:"limit of connections of one process to the database. The sum over all processes, and two for each starter verify, stays below the server's max_connections (151 by default). More than 32 only queue inside InnoDB; fewer make requests wait for a connection, for two seconds at most"`
	PoolIdle         string `env:"DATABASE_POOL_IDLE" doc:"number of these that stay open without work; DATABASE_POOL_SIZE if it is not set. Lower it when many processes share a server that allows few connections"`
	ConnectionLife   string `env:"DATABASE_CONNECTION_LIFETIME" envDefault:"5m" doc:"age at which a connection is replaced, which finds a database that failed over to another address; below the server's wait_timeout and the limits of proxies"`
	StripeSecretKey  string `env:"STRIPE_SECRET_KEY" doc:"sk_... or rk_..."`
	StripeAPIBase    string `env:"STRIPE_API_BASE" doc:"address of the Stripe stand-in; only in development"`
	WebhookSecret    string `env:"STRIPE_WEBHOOK_SECRET" doc:"whsec_...; two, separated by a comma, during a rotation"`
	AllowTestKey     string `env:"STRIPE_ALLOW_TEST_KEY" envDefault:"false" doc:"true allows a test key in production"`
	SMTPHost         string `env:"SMTP_HOST" doc:"host of the mail server"`
	SMTPPort         string `env:"SMTP_PORT" envDefault:"587" doc:"port of the mail server"`
	SMTPUsername     string `env:"SMTP_USERNAME" doc:"user name; empty for a server without authentication"`
	SMTPPassword     string `env:"SMTP_PASSWORD" doc:"password"`
	SMTPTLS          string `env:"SMTP_TLS" envDefault:"starttls" doc:"encryption of the connection: starttls, tls or none"`
	SMTPFrom         string `env:"SMTP_FROM" doc:"sender of emails, such as \"Farebook <bookings@example.com>\""`
	FinanceEmail     string `env:"FINANCE_EMAIL" doc:"receives emails about disputes, payouts, authorisations that end, reconciliations and seals of the ledger"`
	MailsPerAddress  string `env:"MAILS_PER_ADDRESS_HOUR" envDefault:"10" doc:"limit of emails about unpaid bookings (declined, expired, cancelled before payment) to one address within an hour; further ones are suppressed. Emails about paid bookings are not limited"`
	RefundPolicy     string `env:"REFUND_POLICY" envDefault:"168:100,48:50" doc:"refund of a cancellation after payment: HOURS:PERCENT before departure, longest time first; nothing after the last"`
	RevenueModel     string `env:"REVENUE_MODEL" envDefault:"principal" doc:"whose sale bookings are that are made from now on: principal (the price is income at the departure) or agent (of the airline: commission and service fee are income, the rest is payable to the airline). Bookings keep the model that they were made with. Set agent once no process of an older release is running; API processes, starter import and starter rebuild need the same value"`
	RecogniseAt      string `env:"RECOGNISE_AT" envDefault:"departure" doc:"when what an agent holds of a booking is passed on and earned: departure, or ticketing, which is when the booking is confirmed, with manual capture by the capture. Bookings keep the value that they were made with"`
	HoldBefore       string `env:"HOLD_BEFORE_DEPARTURE" envDefault:"30m" doc:"time before departure at which a hold ends at the latest"`
	SlowMinHold      string `env:"SLOW_METHODS_MIN_HOLD" envDefault:"15m" doc:"shortest hold for which other payment methods than cards are offered, because these take minutes to complete"`
	SlowDeparture    string `env:"SLOW_METHODS_BEFORE_DEPARTURE" envDefault:"168h" doc:"least time before departure for which other payment methods than cards are offered, because bank debits take days to settle"`
	StripeListLag    string `env:"STRIPE_LIST_LAG" envDefault:"5m" doc:"time for which Stripe's lists may be missing new objects: Farebook searches for a refund of unknown outcome for this long before it requests it under another key; at least one minute in production"`
	StripeRate       string `env:"STRIPE_CALLS_PER_SECOND" envDefault:"80" doc:"limit of calls to Stripe of one process, except those of a reconciliation. Stripe counts the calls of the whole account, 100 a second in live mode: divide what you want to use by the number of API processes and workers (docs/capacity.md)"`
	Sweep            string `env:"SWEEP_INTERVAL" envDefault:"15s" doc:"interval of the sweeper, which finds stored Stripe events that were not processed, and bookings, refunds, disputes, payouts and emails that are not settled and have no workflow"`
	Fence            string `env:"FENCE" doc:"reason why no money may move, shown to callers of the API. While it is set, API and worker keep a fence raised, even after a restore of the database. See docs/disaster.md"`
	FenceLook        string `env:"FENCE_LOOK_INTERVAL" envDefault:"1m" doc:"interval at which API and worker check whether the database was restored to an earlier time; each check reads two lists from Stripe"`
	ReconcileRate    string `env:"RECONCILE_CALLS_PER_SECOND" envDefault:"25" doc:"limit of calls to Stripe for one reconciliation; Stripe's limit is 25 a second for each endpoint"`
	ReconcileLag     string `env:"RECONCILE_LAG" envDefault:"15m" doc:"age below which a mismatch is ignored, because its event may still arrive"`
	ReconcileTol     string `env:"RECONCILE_TOLERANCE" envDefault:"0" doc:"minor units by which two amounts may differ"`
	ReconcileHeal    string `env:"RECONCILE_HEAL" envDefault:"record_payment,record_refund,record_dispute,record_payout,record_account_fee,record_unbooked" doc:"kinds of healing that run without an operator; none for no kind. Applying a plan carries out all of it"`
	Others           string `env:"OTHER_INTEGRATIONS" doc:"rules for payments of other integrations on the Stripe account, separated by commas: metadata:KEY, metadata:KEY=VALUE, descriptor:PREFIX (of the statement descriptor) or payment_intent:PREFIX. Their money is posted on asset:other_integrations. No rule applies to a payment of a booking or with Farebook's metadata. API and workers need the same value"`
	ReconcileCron    string `env:"RECONCILE_SCHEDULE" envDefault:"30 2 * * *" doc:"schedule of reconciliation, five cron fields, which starter setup creates if there is no schedule yet; none for no schedule. starter schedule apply changes it later"`
	ReconcileZone    string `env:"RECONCILE_TIME_ZONE" envDefault:"UTC" doc:"time zone of RECONCILE_SCHEDULE, an IANA name"`
	ReconcileOverdue string `env:"RECONCILE_OVERDUE" envDefault:"26h" doc:"time without a completed reconciliation after which finance gets an email, if the scheduled run after the last one has not completed either, or if no run has ever completed; 0 disables the email"`
	SealKeyFile      string `env:"LEDGER_SEAL_KEY_FILE" doc:"file with the Ed25519 key in PEM that signs seals of the ledger for finance, once a day, and evidence; others than its owner and group may not read it. Without it nothing is signed. API and workers need the same key. See docs/seals.md"`
	Retention        string `env:"RETENTION" envDefault:"none" doc:"how long texts about travellers are kept, as GROUP:DAYS separated by commas, such as answers:400,emails:2190; the groups are answers, emails, notes, evidence, items, events, views and travellers. A group that is not named is kept. The workflow Retention empties what is older, every night; rows, keys, states and amounts stay. Workers and API need the same value. See docs/privacy.md"`
	WebhookKeyFile   string `env:"WEBHOOK_KEY_FILE" doc:"file with the keys from which the signing secrets of webhook endpoints derive, a line each, 32 random bytes in base64 (openssl rand -base64 32); others than its owner and group may not read it. The first line derives new secrets; keep the other lines until each secret that derives from them was rotated. Without it no webhook endpoint can be made. API and workers need the same file. See docs/webhooks.md"`
	WebhookLoopback  string `env:"WEBHOOK_ALLOW_LOOPBACK" envDefault:"false" doc:"true lets webhook endpoints be on this machine, over http and on any port; only for development and tests, production refuses it"`
	BooksZone        string `env:"BOOKS_TIME_ZONE" doc:"time zone of the months of the books, an IANA name, which starter migrate sets; UTC if it is never set. The first starter ledger close fixes it"`
	JournalLimits    string `env:"JOURNAL_APPROVAL_ABOVE" doc:"totals above which a second operator approves a manual journal (starter ledger post), in minor units by currency, such as USD:100000,EUR:100000; a currency that is not named has the limit 0, so that each journal in it is approved"`
	RefundLimits     string `env:"CONSOLE_REFUND_LIMITS" envDefault:"support" doc:"what people of the console refund without a second person, as ROLE:CURRENCY:ACTION:DAY in minor units, separated by commas, such as support:USD:50000:200000; ACTION is the limit of one refund, DAY that of all refunds of one of them within a day of UTC. A role that is named alone, or for other currencies only, proposes every refund; a role that is not named has no limit; none limits nobody"`
	CorrectionLimits string `env:"CONSOLE_CORRECTION_LIMITS" envDefault:"support" doc:"what people of the console post as corrections of reconciliation items without a second person, in the same form; what counts is the sum that a correction debits"`
	PlaintextHosts   string `env:"PLAINTEXT_HOSTS" doc:"hosts, separated by commas, that production may reach without TLS: MySQL, SMTP or Temporal on a private network. The local machine need not be listed"`
	HTTPAddr         string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080" doc:"address on which the API listens"`
	AdminAddr        string `env:"ADMIN_ADDR" envDefault:"127.0.0.1:0" doc:"address on which API and worker serve /metrics, /healthz and /readyz, apart from HTTP_ADDR; port 0 takes a free port, which the log names; none for no address. Whoever reaches it may read all metrics, so keep it off public networks"`
	AdminPprof       string `env:"ADMIN_PPROF" envDefault:"false" doc:"true adds Go's profiles below /debug/pprof/ of ADMIN_ADDR; they show memory, which may contain personal data"`
	MaxConnections   string `env:"HTTP_MAX_CONNECTIONS" envDefault:"2000" doc:"limit of open connections of one API process; lower if the process may open fewer files. Further connections wait until one is closed"`
	MaxPerAddress    string `env:"HTTP_MAX_CONNECTIONS_PER_ADDRESS" envDefault:"200" doc:"limit of these from one address (IPv6: one /64); further connections are closed. Trusted proxies are exempt"`
	TrustedProxies   string `env:"HTTP_TRUSTED_PROXIES" doc:"addresses or networks of your proxies, such as 10.0.0.5,10.1.0.0/16; X-Forwarded-For is used only from these. Without it, all callers behind a proxy share the limits of one address"`
	ProbeNetworks    string `env:"HTTP_PROBE_NETWORKS" envDefault:"127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10" doc:"networks whose requests for health and documentation are not limited; none for no network"`
	ReadsPerSecond   string `env:"RATE_READS_PER_SECOND" envDefault:"50" doc:"limit of GET requests of one client to one API process; two processes allow twice as many. Bursts of one second's worth are allowed"`
	WritesPerSecond  string `env:"RATE_WRITES_PER_SECOND" envDefault:"25" doc:"limit of all other requests of one client to one API process, in the same way"`
	WebhooksPerSec   string `env:"RATE_WEBHOOKS_PER_SECOND" envDefault:"500" doc:"limit of webhooks from one address to one API process; bursts of four seconds' worth are allowed"`
	StrangersPerSec  string `env:"RATE_STRANGERS_PER_SECOND" envDefault:"10" doc:"limit of requests without an API key (health, documentation, unknown paths) from one address outside HTTP_PROBE_NETWORKS to one API process"`
	WrongKeysPerMin  string `env:"RATE_WRONG_KEYS_PER_MINUTE" envDefault:"20" doc:"limit of requests with a missing or wrong API key from one address to one API process; further ones are refused before the database is asked"`
	ConsoleIssuer    string `env:"CONSOLE_ISSUER" doc:"address of the OpenID Connect issuer that signs people in to the console, such as https://login.example.com/realms/work. With it the console is below /console/ of HTTP_ADDR; without it the console is off. See docs/console.md"`
	ConsoleURL       string `env:"CONSOLE_URL" doc:"address at which browsers reach the console, without a path, such as https://farebook.example.com. Register it with /console/signin/callback at the issuer; https in production"`
	ConsoleClientID  string `env:"CONSOLE_CLIENT_ID" doc:"id of the console at the issuer"`
	ConsoleSecret    string `env:"CONSOLE_CLIENT_SECRET" doc:"secret of the console at the issuer; empty for a public client, which PKCE protects as well"`
	ConsoleScopes    string `env:"CONSOLE_SCOPES" envDefault:"openid profile" doc:"scopes that are asked of the issuer, with spaces between them; openid is one of them"`
	ConsoleRoleClaim string `env:"CONSOLE_ROLE_CLAIM" envDefault:"roles" doc:"claim that has the roles of somebody: its name, or a path of names with dots between them, such as realm_access.roles. A text, a list of texts, or an object whose fields are the roles"`
	ConsoleRoles     string `env:"CONSOLE_ROLES" envDefault:"viewer:viewer,support:support,finance:finance,admin:admin" doc:"roles by the names that the issuer has for them, ROLE:NAME separated by commas; a role may have several names. Somebody with several roles has the last of viewer, support, finance, admin; somebody without one is not signed in"`
	ConsoleIdle      string `env:"CONSOLE_SESSION_IDLE" envDefault:"30m" doc:"time without a request after which a session of the console ends"`
	ConsoleLimit     string `env:"CONSOLE_SESSION_LIMIT" envDefault:"12h" doc:"time after which a session of the console ends whatever happens: a role that the issuer has taken away counts that long"`
	ConsoleTemporal  string `env:"CONSOLE_TEMPORAL_UI" doc:"address of Temporal's UI with the namespace, such as https://temporal.example.com/namespaces/default, to which pages of bookings link; empty for no links"`
	PayloadKeys      string `env:"TEMPORAL_PAYLOAD_KEYS" doc:"keys that encrypt the payloads that Farebook stores in Temporal, with AES-256-GCM: ID:KEY separated by commas, KEY as starter payloads key prints it. The first one encrypts, all of them decrypt; the word plain as the first entry encrypts nothing. API, workers and commands need the same keys. Without it nothing is encrypted. See docs/privacy.md"`
	PayURL           string `env:"PAY_URL" doc:"address at which browsers reach the payment page, without a path, such as https://pay.example.com; https in production. With it the page is below /pay/ of HTTP_ADDR and bookings have a payment.url; without it the page is off. API and workers need the same value. See docs/payment-page.md"`
	PayLinkKeys      string `env:"PAY_LINK_KEYS" doc:"keys that sign links to the payment page, as ID:SECRET separated by commas; each secret is 32 bytes or more in base64 (openssl rand -base64 32). The first signs, all are accepted: add a key behind the others in every process before it becomes the first. API and workers need the same keys"`
	PayReadable      string `env:"PAY_LINK_READABLE" envDefault:"72h" doc:"time after the hold for which a link to the payment page shows the outcome"`
	PublishableKey   string `env:"STRIPE_PUBLISHABLE_KEY" doc:"pk_..., Stripe's key for browsers, of the same mode as STRIPE_SECRET_KEY; for the payment page"`
	StripeScript     string `env:"STRIPE_JS_URL" doc:"address of Stripe.js, https://js.stripe.com/v3/ if it is not set, or that of the stand-in where STRIPE_API_BASE names one; production accepts js.stripe.com only"`
	APIWorker        string `env:"API_WORKER" envDefault:"true" doc:"true runs a worker inside each API process, beside the worker processes: a booking's first step then runs in the process that took the request, which answers without a further call to Temporal or Stripe. false for a process that takes no bookings, such as one for webhooks alone"`
	TaskQueue        string `env:"FAREBOOK_TASK_QUEUE" envDefault:"bookings" doc:"Temporal task queue of bookings"`
	DeploymentName   string `env:"TEMPORAL_DEPLOYMENT_NAME" doc:"name of the Worker Deployment of Temporal to which this process belongs. It switches Worker Versioning on: a worker then gets new workflows only once its build is current (starter deploy promote, or the Temporal Worker Controller, which sets both variables). Without it, workers are unversioned. See docs/deploying.md"`
	WorkerBuildID    string `env:"TEMPORAL_WORKER_BUILD_ID" doc:"id of this build within the deployment; the first twelve digits of the commit it was built from if it is not set. Two builds whose workflow code differs must not share one"`
	HoldMinute       string `env:"FAREBOOK_HOLD_MINUTE" envDefault:"1m" doc:"length of one minute of a hold; only for tests, production refuses any other value"`
	ClockFile        string `env:"FAREBOOK_CLOCK" doc:"file with a duration such as 2m30s, by which the clock of the process is ahead of the machine's; read for each time; only for tests, refused in production"`
	Failpoint        string `env:"FAREBOOK_FAILPOINT" doc:"failpoint at which the process kills itself; only for tests, refused in production"`
}

// Variable is a row of the table in docs/configuration.md.
type Variable struct{ Name, Default, Doc string }

// temporalVariables are read by Temporal's envconfig (docs.temporal.io/develop/environment-configuration).
var temporalVariables = []Variable{
	{"TEMPORAL_ADDRESS", "", "host:port of the Temporal server"},
	{"TEMPORAL_NAMESPACE", "default", "Temporal namespace"},
	{"TEMPORAL_API_KEY", "", "API key for Temporal Cloud; enables TLS"},
	{"TEMPORAL_CLIENT_AUTHORITY", "", ":authority header of the connection"},
	{"TEMPORAL_TLS", "", "true enables TLS, false disables it"},
	{"TEMPORAL_TLS_CLIENT_CERT_PATH", "", "file of the client certificate"},
	{"TEMPORAL_TLS_CLIENT_CERT_DATA", "", "client certificate as PEM text, instead of the file"},
	{"TEMPORAL_TLS_CLIENT_KEY_PATH", "", "file of the client key"},
	{"TEMPORAL_TLS_CLIENT_KEY_DATA", "", "client key as PEM text, instead of the file"},
	{"TEMPORAL_TLS_SERVER_CA_CERT_PATH", "", "file of the certificate authority of the server"},
	{"TEMPORAL_TLS_SERVER_CA_CERT_DATA", "", "certificate authority as PEM text, instead of the file"},
	{"TEMPORAL_TLS_SERVER_NAME", "", "name in the certificate of the server"},
	{"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "", "true accepts any server certificate; refused in production"},
	{"TEMPORAL_CONFIG_FILE", "", "Temporal's configuration file; read only if it is named here"},
	{"TEMPORAL_PROFILE", "", "profile in that file"},
}

// Variables lists every variable that the configuration reads, for documentation and for checks of deployment files.
func Variables() []Variable {
	fields := reflect.VisibleFields(reflect.TypeFor[variables]())
	all := make([]Variable, 0, len(fields)+len(temporalVariables)+len(telemetryVariables)+len(secrets))
	for _, field := range fields {
		all = append(all, Variable{Name: field.Tag.Get("env"), Default: field.Tag.Get("envDefault"), Doc: field.Tag.Get("doc")})
	}
	all = append(all, temporalVariables...)
	all = append(all, telemetryVariables...)
	for _, secret := range secrets {
		doc := "file that holds " + secret.name + " on one line, instead of the variable; setting both is an error"
		if secret.name == "DATABASE_DSN" {
			doc += ". User and password are read again for each new connection. docs/deploying.md says when each of the other files is read again"
		}
		all = append(all, Variable{Name: secret.name + fileSuffix, Doc: doc})
	}
	return all
}

// environ is an environment as a map, in the form that Temporal's envconfig expects.
type environ map[string]string

func (e environ) Environ() []string {
	lines := make([]string, 0, len(e))
	for name, value := range e {
		lines = append(lines, name+"="+value)
	}
	return lines
}

// LookupEnv treats an empty variable as unset, because deployment files often leave variables empty.
func (e environ) LookupEnv(name string) (string, bool) {
	value, ok := e[name]
	return value, ok && strings.TrimSpace(value) != ""
}
