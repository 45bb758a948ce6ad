package config

import (
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"farebook/booking"
	"farebook/internal/mail"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/reconciliation"
)

// Defaults in development: the addresses that `make up` uses if they are free.
const (
	localDSN           = "farebook:farebook@tcp(127.0.0.1:3306)/farebook"
	localStripeBase    = "http://127.0.0.1:12111"
	localStripeKey     = "sk_" + "test_development"
	localWebhookSecret = "whsec_" + "development"
	localSMTPHost      = "127.0.0.1"
	localSMTPPort      = 1025
	localFrom          = "Farebook <bookings@farebook.example>"
	localFinance       = "finance@farebook.example"
)

// smtpTimeout limits one exchange with the mail server. It is shorter than the activity's timeout.
const smtpTimeout = 20 * time.Second

func (r *reader) readDatabase() {
	r.config.DatabaseDSN = r.dsn(Database, "DATABASE_DSN", r.vars.DatabaseDSN, localDSN, "the database, as the application's user")
	// There is no default: migrate must only change a database that somebody named, never the machine's own server.
	r.config.DatabaseAdminDSN = r.dsn(AdminDatabase, "DATABASE_ADMIN_DSN", r.vars.DatabaseAdminDSN, "",
		"the database, as a user that may create databases and grants, root:password@tcp(host:port)/")
	if !r.parts[AdminDatabase] && r.secretGiven("DATABASE_ADMIN_DSN") && r.production() {
		r.warnings = append(r.warnings, "DATABASE_ADMIN_DSN is set and not needed here: give it to starter migrate alone, "+
			"as the ledger is append-only only for those who don't have it")
	}
}

// dsn never quotes a DSN in a problem, because it contains a password.
func (r *reader) dsn(part Part, name, value, fallback, purpose string) string {
	if value == "" {
		value = r.missing(part, name, fallback, purpose)
	}
	if value == "" {
		return ""
	}
	parsed, err := mysql.ParseDSN(value)
	switch {
	case err != nil:
		r.problem("%s cannot be read: write it as user:password@tcp(host:port)/database", name)
	case part == Database && parsed.DBName == "":
		r.problem("%s names no database: write it as user:password@tcp(host:port)/database", name)
	default:
		r.requireDatabaseTLS(name, parsed)
	}
	return value
}

func (r *reader) readStripe() {
	key, base := r.vars.StripeSecretKey, strings.TrimRight(r.vars.StripeAPIBase, "/")
	if key == "" {
		key = r.missing(StripeKeys, "STRIPE_SECRET_KEY", localStripeKey, "Stripe's secret key, sk_live_...")
		if base == "" && !r.production() {
			base = localStripeBase
		}
	}
	r.config.Stripe = Stripe{
		SecretKey: key, APIBase: base, WebhookSecrets: r.webhookSecrets(), WebhookSecretGiven: r.secretGiven("STRIPE_WEBHOOK_SECRET"),
		PublishableKey: r.vars.PublishableKey,
	}
	r.checkStripeKey(key)
	r.checkStripeBase(base)
}

func (r *reader) webhookSecrets() []string {
	given := r.vars.WebhookSecret
	if given == "" {
		given = r.missing(Payments, "STRIPE_WEBHOOK_SECRET", localWebhookSecret, "the secret of Stripe's webhook endpoint, whsec_...")
	}
	if given == "" {
		return nil
	}
	secrets, err := splitWebhookSecrets(given)
	if err != nil && r.parts[Payments] {
		r.problem("STRIPE_WEBHOOK_SECRET %v", err)
	}
	return secrets
}

func (r *reader) checkStripeKey(key string) {
	allowTest, err := strconv.ParseBool(r.vars.AllowTestKey)
	if err != nil {
		r.problem("STRIPE_ALLOW_TEST_KEY is %q: set it to true or false", r.vars.AllowTestKey)
	}
	test := r.config.Stripe.isSecretKey() && !r.config.Stripe.Live()
	switch {
	case key == "":
	case !test && !r.config.Stripe.Live():
		r.problem("STRIPE_SECRET_KEY is no secret key: it begins with sk_live_, sk_test_, rk_live_ or rk_test_")
	case test && r.production() && !allowTest:
		r.problem("STRIPE_SECRET_KEY is a test key: production takes a live one, or STRIPE_ALLOW_TEST_KEY=true")
	case !test && !r.production():
		r.problem("STRIPE_SECRET_KEY is a live key: development must not move real money; use a test key")
	}
}

func (r *reader) checkStripeBase(base string) {
	if base == "" {
		return
	}
	parsed, err := url.Parse(base)
	switch {
	case err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https"):
		r.problem("STRIPE_API_BASE cannot be read: write it as http://host:port, or unset it for Stripe itself")
	case r.production() && base != "https://api.stripe.com":
		r.problem("STRIPE_API_BASE is not Stripe's: production speaks to Stripe itself; unset it")
	}
}

func (r *reader) readSMTP() {
	v := r.vars
	smtp := mail.Config{
		Host: v.SMTPHost, Username: v.SMTPUsername, Password: v.SMTPPassword,
		TLS: v.SMTPTLS, From: v.SMTPFrom, Timeout: smtpTimeout,
	}
	port, err := strconv.ParseUint(v.SMTPPort, 10, 16)
	if err != nil || port == 0 {
		r.problem("SMTP_PORT is %q: set it to a port, 1 to 65535", v.SMTPPort)
	}
	smtp.Port = int(port)
	if smtp.Host == "" {
		if smtp.Host = r.missing(Mail, "SMTP_HOST", localSMTPHost, "the mail server"); smtp.Host != "" {
			smtp.Port, smtp.TLS = localSMTPPort, "none"
		}
	}
	if smtp.From == "" {
		smtp.From = r.missing(Mail, "SMTP_FROM", localFrom, "the sender of mails, \"Farebook <bookings@example.com>\"")
	}
	if smtp.From != "" && !isAddress(smtp.From) {
		r.problem("SMTP_FROM cannot be read: write it as \"Farebook <bookings@example.com>\"")
	}
	r.checkSMTP(smtp)
	r.config.SMTP = smtp
	r.config.FinanceEmail = v.FinanceEmail
	if r.config.FinanceEmail == "" {
		r.config.FinanceEmail = r.missing(Mail, "FINANCE_EMAIL", localFinance, "who hears of disputes and payouts, finance@example.com")
	}
	if r.config.FinanceEmail != "" && !isAddress(r.config.FinanceEmail) {
		r.problem("FINANCE_EMAIL cannot be read: write one address, finance@example.com")
	}
}

func isAddress(text string) bool {
	_, err := netmail.ParseAddress(text)
	return err == nil
}

func (r *reader) readMailBound() {
	perHour, err := strconv.ParseUint(r.vars.MailsPerAddress, 10, 31)
	if err != nil || perHour == 0 {
		r.problem("MAILS_PER_ADDRESS_HOUR is %q: set it to a whole number of 1 or more", r.vars.MailsPerAddress)
	}
	r.config.MailsPerAddress = int(perHour)
}

func (r *reader) readPolicy() {
	policy, err := booking.ParsePolicy(r.vars.RefundPolicy)
	if err != nil {
		r.problem("REFUND_POLICY %v", err)
	}
	r.config.RefundPolicy = policy
}

// maxHoldRule is the maximum of the durations in hold rules. Flights are sold two years ahead at most.
const maxHoldRule = 366 * 24 * time.Hour

func (r *reader) readHolds() {
	for _, rule := range []struct {
		name, text string
		into       *time.Duration
	}{
		{"HOLD_BEFORE_DEPARTURE", r.vars.HoldBefore, &r.config.Holds.BeforeDeparture},
		{"SLOW_METHODS_MIN_HOLD", r.vars.SlowMinHold, &r.config.Holds.SlowMinHold},
		{"SLOW_METHODS_BEFORE_DEPARTURE", r.vars.SlowDeparture, &r.config.Holds.SlowBeforeDeparture},
	} {
		length, err := time.ParseDuration(rule.text)
		if err != nil || length < 0 || length > maxHoldRule {
			r.problem("%s is %q: set it to a duration from 0s to %s, such as 30m", rule.name, rule.text, maxHoldRule)
		}
		*rule.into = length
	}
}

func (r *reader) readRevenue() {
	rules := booking.RevenueRules{Model: booking.RevenueModel(r.vars.RevenueModel), Moment: booking.RevenueMoment(r.vars.RecogniseAt)}
	switch {
	case rules.Model != booking.ModelPrincipal && rules.Model != booking.ModelAgent:
		r.problem("REVENUE_MODEL is %q: set it to principal or agent", r.vars.RevenueModel)
	case rules.Moment != booking.AtDeparture && rules.Moment != booking.AtTicketing:
		r.problem("RECOGNISE_AT is %q: set it to departure or ticketing", r.vars.RecogniseAt)
	case rules.Moment == booking.AtTicketing && rules.Model == booking.ModelPrincipal:
		r.problem("RECOGNISE_AT is ticketing without REVENUE_MODEL=agent: a principal earns a flight at its departure")
	}
	r.config.Revenue = rules
}

// minListLag: Stripe's lists have been seen 20 s behind, and a refund that is requested twice loses money.
const minListLag = time.Minute

func (r *reader) readListLag() {
	lag, err := time.ParseDuration(r.vars.StripeListLag)
	switch {
	case err != nil || lag < 0 || lag > time.Hour:
		r.problem("STRIPE_LIST_LAG is %q: set it to a duration up to 1h, such as 5m", r.vars.StripeListLag)
	case lag < minListLag && r.production():
		r.problem("STRIPE_LIST_LAG is %q: production takes %s or more", r.vars.StripeListLag, minListLag)
	}
	r.config.Stripe.ListLag = lag
}

func (r *reader) readStripeRate() {
	calls, err := strconv.ParseFloat(r.vars.StripeRate, 64)
	if err != nil || !(calls >= 1 && calls <= 100_000) {
		r.problem("STRIPE_CALLS_PER_SECOND is %q: set it to a number from 1 to 100000", r.vars.StripeRate)
	}
	r.config.Stripe.CallsPerSecond = calls
}

// minSweep keeps the sweeper from loading the database all the time.
const minSweep = 100 * time.Millisecond

func (r *reader) readSweep() {
	sweep, err := time.ParseDuration(r.vars.Sweep)
	if err != nil || sweep < minSweep {
		r.problem("SWEEP_INTERVAL is %q: set it to a duration of %s or more, such as 15s", r.vars.Sweep, minSweep)
	}
	r.config.Sweep = sweep
}

const (
	// minFenceLook keeps the checks from loading Stripe.
	minFenceLook = 100 * time.Millisecond
	// maxFenceReason is the size of the column that stores it.
	maxFenceReason = 200
)

func (r *reader) readFence() {
	look, err := time.ParseDuration(r.vars.FenceLook)
	if err != nil || look < minFenceLook {
		r.problem("FENCE_LOOK_INTERVAL is %q: set it to a duration of %s or more, such as 1m", r.vars.FenceLook, minFenceLook)
	}
	if len(r.vars.Fence) > maxFenceReason {
		r.problem("FENCE is longer than %d bytes: say why no money may move, and callers of the API read it", maxFenceReason)
	}
	r.config.FenceLook, r.config.Fence = look, r.vars.Fence
}

func (r *reader) checkSMTP(smtp mail.Config) {
	switch smtp.TLS {
	case "none", "starttls", "tls":
	default:
		r.problem("SMTP_TLS is %q: set it to starttls, tls or none", smtp.TLS)
	}
	if r.parts[Mail] && (smtp.Username == "") == r.secretGiven("SMTP_PASSWORD") {
		r.problem("SMTP_USERNAME and SMTP_PASSWORD go together: set both or neither")
	}
	if smtp.Password != "" && smtp.TLS == "none" && r.production() {
		r.problem("SMTP_TLS=none is set with a password, which would cross the network unencrypted: use starttls or tls")
	}
	if smtp.TLS == "none" && smtp.Host != "" {
		r.requireTLS("SMTP_HOST", smtp.Host, "set SMTP_TLS to starttls or tls")
	}
}

// requireZone reports a time zone that is not an IANA name.
func (r *reader) requireZone(name, zone, example string) {
	_, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		r.problem("%s is %q: set it to an IANA name such as %s", name, zone, example)
	}
}

// readLedger reads what the books' months are, and the limits above which a second operator approves a journal.
func (r *reader) readLedger() {
	r.requireZone("BOOKS_TIME_ZONE", r.vars.BooksZone, "Europe/Berlin")
	r.config.BooksZone = r.vars.BooksZone
	r.config.JournalLimits = map[money.Currency]int64{}
	if r.vars.JournalLimits == "" {
		return
	}
	for part := range strings.SplitSeq(r.vars.JournalLimits, ",") {
		code, amount, _ := strings.Cut(strings.TrimSpace(part), ":")
		currency, err := money.ParseCurrency(code)
		limit, otherErr := strconv.ParseInt(amount, 10, 64)
		if err != nil || otherErr != nil || limit < 0 {
			r.problem("JOURNAL_APPROVAL_ABOVE has %q: set it to minor units by currency, such as USD:100000,EUR:100000", part)
			return
		}
		if _, twice := r.config.JournalLimits[currency]; twice {
			r.problem("JOURNAL_APPROVAL_ABOVE has two limits for %s: leave one out", currency)
			return
		}
		r.config.JournalLimits[currency] = limit
	}
}

func (r *reader) readReconcile() {
	v := r.vars
	rate, err := strconv.ParseFloat(v.ReconcileRate, 64)
	if err != nil || !(rate >= 0.1 && rate <= 1000) {
		r.problem("RECONCILE_CALLS_PER_SECOND is %q: set it to a number from 0.1 to 1000", v.ReconcileRate)
	}
	lag, err := time.ParseDuration(v.ReconcileLag)
	if err != nil || lag < 0 {
		r.problem("RECONCILE_LAG is %q: set it to a duration such as 15m", v.ReconcileLag)
	}
	tolerance, err := strconv.ParseUint(v.ReconcileTol, 10, 31)
	if err != nil {
		r.problem("RECONCILE_TOLERANCE is %q: set it to minor units, 0 for none", v.ReconcileTol)
	}
	overdue, err := time.ParseDuration(v.ReconcileOverdue)
	if err != nil || overdue < 0 {
		r.problem("RECONCILE_OVERDUE is %q: set it to a duration such as 26h, or to 0", v.ReconcileOverdue)
	}
	r.requireZone("RECONCILE_TIME_ZONE", v.ReconcileZone, "Asia/Dubai")
	schedule := strings.TrimSpace(v.ReconcileCron)
	if schedule == "none" {
		schedule = ""
	} else if len(strings.Fields(schedule)) != 5 {
		r.problem("RECONCILE_SCHEDULE is %q: set it to minute, hour, day of month, month and day of week, such as \"30 2 * * *\", or to none",
			v.ReconcileCron)
	}
	r.config.Reconcile = Reconcile{
		CallsPerSecond: rate, Lag: lag, Tolerance: int64(tolerance), Schedule: schedule, TimeZone: v.ReconcileZone, Overdue: overdue,
	}
	others, err := reconciliation.ParseIntegrations(v.Others, stripeapi.MetadataReference)
	if err != nil {
		r.problem("OTHER_INTEGRATIONS: %v", err)
	}
	r.config.Reconcile.Others = others
	if v.ReconcileHeal == "none" {
		return
	}
	for name := range strings.SplitSeq(v.ReconcileHeal, ",") {
		healing := reconciliation.Healing(strings.TrimSpace(name))
		if !slices.Contains(reconciliation.Healings, healing) {
			r.problem("RECONCILE_HEAL has %q: set it to some of %v, or to none", name, reconciliation.Healings)
			return
		}
		r.config.Reconcile.Heal = append(r.config.Reconcile.Heal, healing)
	}
}

func splitAddress(address string) (port string, err error) {
	_, port, err = net.SplitHostPort(address)
	return port, err
}
