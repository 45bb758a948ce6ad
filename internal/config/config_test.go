package config_test

import (
	"maps"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/internal/config"
)

// Put together here so that no scanner takes them for real ones.
const (
	liveKey       = "sk_" + "live_51FarebookCanary"
	testKey       = "sk_" + "test_51FarebookCanary"
	webhookSecret = "whsec_" + "farebookCanary"
)

func production() map[string]string {
	return map[string]string{
		"APP_ENV":               "production",
		"DATABASE_DSN":          "farebook:canaryPassw0rd@tcp(db:3306)/farebook?tls=true",
		"STRIPE_SECRET_KEY":     liveKey,
		"STRIPE_WEBHOOK_SECRET": webhookSecret,
		"SMTP_HOST":             "mail",
		"SMTP_FROM":             "Farebook <bookings@farebook.example>",
		"FINANCE_EMAIL":         "finance@farebook.example",
		"TEMPORAL_ADDRESS":      "temporal:7233",
		"TEMPORAL_TLS":          "true",
	}
}

func lines(vars map[string]string) []string {
	var all []string
	for name, value := range vars {
		all = append(all, name+"="+value)
	}
	return all
}

func with(name, value string) []string {
	vars := production()
	vars[name] = value
	return lines(vars)
}

func TestProductionIsAccepted(t *testing.T) {
	t.Parallel()
	cfg, warnings, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.Empty(t, warnings)
	require.True(t, cfg.Production())
	require.True(t, cfg.Stripe.Live())
	require.Empty(t, cfg.Stripe.APIBase)
	require.Equal(t, 587, cfg.SMTP.Port)
	require.Equal(t, "starttls", cfg.SMTP.TLS)
	require.Equal(t, time.Minute, cfg.HoldMinute)
	require.Equal(t, "bookings", cfg.TaskQueue)
}

// One message names exactly the variables that production requires and that are not set.
func TestProductionNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	required := production()
	delete(required, "APP_ENV")
	delete(required, "TEMPORAL_TLS") // tested separately below
	for _, empty := range []string{"", "  "} {
		vars := map[string]string{"APP_ENV": "production"}
		for name := range maps.Keys(required) {
			vars[name] = empty
		}
		_, _, err := config.LoadFrom(lines(vars))
		var problems config.ProblemsError
		require.ErrorAs(t, err, &problems)
		require.Len(t, problems, len(required))
		for name := range required {
			require.ErrorContains(t, err, name+" is not set")
		}
	}
	for name := range required {
		vars := production()
		delete(vars, name)
		_, _, err := config.LoadFrom(lines(vars))
		var problems config.ProblemsError
		require.ErrorAs(t, err, &problems)
		require.Len(t, problems, 1)
		require.ErrorContains(t, err, name)
	}
}

func TestProductionRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, variable, value, says string }{
		{"a test key", "STRIPE_SECRET_KEY", testKey, "STRIPE_ALLOW_TEST_KEY=true"},
		{"a publishable key", "STRIPE_SECRET_KEY", "pk_" + "live_51FarebookCanary", "no secret key"},
		{"a stand-in", "STRIPE_API_BASE", "http://127.0.0.1:12111", "STRIPE_API_BASE"},
		{"a failpoint", "FAREBOOK_FAILPOINT", "api-after-reserve@marker", "FAREBOOK_FAILPOINT"},
		{"a clock that jumps", "FAREBOOK_CLOCK", "/run/offset", "FAREBOOK_CLOCK"},
		{"short holds", "FAREBOOK_HOLD_MINUTE", "1s", "FAREBOOK_HOLD_MINUTE"},
		{"a foreign webhook secret", "STRIPE_WEBHOOK_SECRET", "canary", "STRIPE_WEBHOOK_SECRET"},
		{"an unreadable DSN", "DATABASE_DSN", "mysql://root:canaryPassw0rd@db/farebook", "DATABASE_DSN"},
		{"a DSN without a database", "DATABASE_DSN", "root:canaryPassw0rd@tcp(db:3306)/", "names no database"},
		{"a port beyond ports", "SMTP_PORT", "65536", "SMTP_PORT"},
		{"a user without a password", "SMTP_USERNAME", "farebook", "SMTP_PASSWORD"},
		{"unknown TLS", "SMTP_TLS", "ssl", "SMTP_TLS"},
		{"no mails at all", "MAILS_PER_ADDRESS_HOUR", "0", "MAILS_PER_ADDRESS_HOUR"},
		{"an unreadable sender", "SMTP_FROM", "bookings", "SMTP_FROM"},
		{"an unknown level", "LOG_LEVEL", "verbose", "LOG_LEVEL"},
		{"an unknown environment", "APP_ENV", "prod", "APP_ENV"},
		{"an address without a port", "HTTP_ADDR", "0.0.0.0", "HTTP_ADDR"},
		{"an admin address without a port", "ADMIN_ADDR", "0.0.0.0", "ADMIN_ADDR"},
		{"an admin port that is no number", "ADMIN_ADDR", "0.0.0.0:http", "ADMIN_ADDR"},
		{"metrics on the public port", "ADMIN_ADDR", "0.0.0.0:8080", "ADMIN_ADDR has the port of HTTP_ADDR"},
		{"profiles that are neither on nor off", "ADMIN_PPROF", "on", "ADMIN_PPROF is \"on\""},
		{"a pool of one connection", "DATABASE_POOL_SIZE", "1", "DATABASE_POOL_SIZE is \"1\": set it to a whole number from 4 to 1000"},
		{"a pool that is no number", "DATABASE_POOL_SIZE", "many", "DATABASE_POOL_SIZE is \"many\""},
		{"more idle connections than connections", "DATABASE_POOL_IDLE", "33", "DATABASE_POOL_IDLE is above DATABASE_POOL_SIZE"},
		{"no idle connection", "DATABASE_POOL_IDLE", "0", "DATABASE_POOL_IDLE is \"0\""},
		{"a connection that lives for ever", "DATABASE_CONNECTION_LIFETIME", "0s", "DATABASE_CONNECTION_LIFETIME is \"0s\""},
		{"a lifetime without a unit", "DATABASE_CONNECTION_LIFETIME", "300", "such as 5m"},
		{"no connection", "HTTP_MAX_CONNECTIONS", "0", "HTTP_MAX_CONNECTIONS is \"0\""},
		{"connections that are no number", "HTTP_MAX_CONNECTIONS_PER_ADDRESS", "many", "HTTP_MAX_CONNECTIONS_PER_ADDRESS"},
		{"more connections of one address than of all", "HTTP_MAX_CONNECTIONS", "100", "one address could take every connection"},
		{"any proxy", "HTTP_TRUSTED_PROXIES", "0.0.0.0/0", "every address"},
		{"a proxy's name", "HTTP_TRUSTED_PROXIES", "10.0.0.1,proxy.internal", "HTTP_TRUSTED_PROXIES has \"proxy.internal\""},
		{"a network of IPv4 in IPv6", "HTTP_PROBE_NETWORKS", "::ffff:10.0.0.0/104", "HTTP_PROBE_NETWORKS"},
		{"reads that never come", "RATE_READS_PER_SECOND", "0", "RATE_READS_PER_SECOND is \"0\""},
		{"writes that are no number", "RATE_WRITES_PER_SECOND", "NaN", "RATE_WRITES_PER_SECOND"},
		{"an endless rate", "RATE_WEBHOOKS_PER_SECOND", "Inf", "RATE_WEBHOOKS_PER_SECOND"},
		{"negative strangers", "RATE_STRANGERS_PER_SECOND", "-1", "RATE_STRANGERS_PER_SECOND"},
		{"half a wrong key", "RATE_WRONG_KEYS_PER_MINUTE", "0.5", "RATE_WRONG_KEYS_PER_MINUTE"},
		{"only a comma for a webhook secret", "STRIPE_WEBHOOK_SECRET", " , ", "STRIPE_WEBHOOK_SECRET holds no secret"},
		{"a Temporal address without a port", "TEMPORAL_ADDRESS", "temporal.example", "TEMPORAL_ADDRESS"},
		{"any Temporal server", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "true", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"},
		{"a Temporal key pair of one half", "TEMPORAL_TLS_CLIENT_CERT_DATA", "canary", "TEMPORAL_"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := config.LoadFrom(with(c.variable, c.value))
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "canaryPassw0rd")
			require.NotContains(t, err.Error(), liveKey)
		})
	}
}

func TestProductionRefusesAPasswordInClear(t *testing.T) {
	t.Parallel()
	vars := production()
	vars["SMTP_TLS"], vars["SMTP_USERNAME"], vars["SMTP_PASSWORD"] = "none", "farebook", "canaryPassw0rd"
	_, _, err := config.LoadFrom(lines(vars))
	require.ErrorContains(t, err, "SMTP_TLS")
}

func TestProductionWithATestKeyOnPurpose(t *testing.T) {
	t.Parallel()
	vars := production()
	vars["STRIPE_SECRET_KEY"], vars["STRIPE_ALLOW_TEST_KEY"] = testKey, "true"
	cfg, _, err := config.LoadFrom(lines(vars))
	require.NoError(t, err)
	require.False(t, cfg.Stripe.Live())
}

func TestDevelopmentFallsBackAndWarns(t *testing.T) {
	t.Parallel()
	cfg, warnings, err := config.LoadFrom(nil)
	require.NoError(t, err)
	require.Len(t, warnings, 7)
	require.Equal(t, config.Development, cfg.Env)
	require.NotEmpty(t, cfg.DatabaseDSN)
	require.NotEmpty(t, cfg.Stripe.APIBase)
	require.NotEmpty(t, cfg.Stripe.WebhookSecrets)
	require.Equal(t, "none", cfg.SMTP.TLS)
	options, err := cfg.TemporalOptions()
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7233", options.HostPort)
	require.IsType(t, &client.GrpcCompressionNone{}, options.ConnectionOptions.GrpcCompression)
}

// A developer's own Stripe test key goes to Stripe, not to the stand-in; a live one goes nowhere.
func TestDevelopmentWithAKey(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom([]string{"STRIPE_SECRET_KEY=" + testKey})
	require.NoError(t, err)
	require.Empty(t, cfg.Stripe.APIBase)
	_, _, err = config.LoadFrom([]string{"STRIPE_SECRET_KEY=" + liveKey})
	require.ErrorContains(t, err, "live key")
}

func TestWebhookSecretsRotate(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(with("STRIPE_WEBHOOK_SECRET", webhookSecret+"1, "+webhookSecret+"2,"))
	require.NoError(t, err)
	require.Equal(t, []string{webhookSecret + "1", webhookSecret + "2"}, cfg.Stripe.WebhookSecrets)
}

// A command asks for its own parts only, and is not held up by others.
func TestLimitsOfTheAPI(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.Equal(t, 2000, cfg.HTTP.MaxConnections)
	require.Equal(t, 200, cfg.HTTP.MaxConnectionsPerAddress)
	require.Equal(t, []float64{50, 25, 500, 10}, []float64{
		cfg.HTTP.ReadsPerSecond, cfg.HTTP.WritesPerSecond, cfg.HTTP.WebhooksPerSecond, cfg.HTTP.StrangersPerSecond,
	})
	require.Equal(t, 20, cfg.HTTP.WrongKeysPerMinute)
	require.Empty(t, cfg.HTTP.TrustedProxies)
	require.Contains(t, cfg.HTTP.ProbeNetworks, netip.MustParsePrefix("::1/128"))
	require.Contains(t, cfg.HTTP.ProbeNetworks, netip.MustParsePrefix("172.16.0.0/12"))

	vars := production()
	vars["HTTP_TRUSTED_PROXIES"], vars["HTTP_PROBE_NETWORKS"] = "10.0.0.5, 10.1.2.3/16,fd00::/8, ::ffff:192.0.2.1", "none"
	cfg, _, err = config.LoadFrom(lines(vars))
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{
		netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8"),
		netip.MustParsePrefix("192.0.2.1/32"),
	}, cfg.HTTP.TrustedProxies)
	require.Empty(t, cfg.HTTP.ProbeNetworks)
}

func TestPartsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	_, _, err := config.LoadFrom([]string{"APP_ENV=production"}, config.Database, config.AdminDatabase)
	var problems config.ProblemsError
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 2)
	_, warnings, err := config.LoadFrom(nil, config.Temporal)
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	_, warnings, err = config.LoadFrom(with("DATABASE_ADMIN_DSN", "root@tcp(db:3306)/?tls=true"))
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "DATABASE_ADMIN_DSN")
}

func TestTemporalCloud(t *testing.T) {
	t.Parallel()
	vars := production()
	vars["TEMPORAL_ADDRESS"] = "farebook.a1b2c.tmprl.cloud:7233"
	vars["TEMPORAL_NAMESPACE"] = "farebook.a1b2c"
	vars["TEMPORAL_API_KEY"] = "canary"
	cfg, _, err := config.LoadFrom(lines(vars))
	require.NoError(t, err)
	options, err := cfg.TemporalOptions()
	require.NoError(t, err)
	require.Equal(t, vars["TEMPORAL_ADDRESS"], options.HostPort)
	require.Equal(t, vars["TEMPORAL_NAMESPACE"], options.Namespace)
	require.NotNil(t, options.ConnectionOptions.TLS)
	require.Nil(t, options.ConnectionOptions.GrpcCompression, "gzip, as the messages leave the network")
	require.NotNil(t, options.Credentials)
}

func TestVariablesAreDocumented(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, variable := range config.Variables() {
		require.NotEmpty(t, variable.Name)
		require.NotEmpty(t, variable.Doc, variable.Name)
		require.False(t, seen[variable.Name], variable.Name)
		seen[variable.Name] = true
	}
	for name := range production() {
		require.True(t, seen[name], name)
	}
}

// migrate changes a database that somebody named, and never falls back to the machine's own server.
func TestTheAdministratorsDatabaseHasNoFallback(t *testing.T) {
	t.Parallel()
	_, _, err := config.LoadFrom(nil, config.Database, config.AdminDatabase)
	require.ErrorContains(t, err, "DATABASE_ADMIN_DSN is not set")
	cfg, _, err := config.LoadFrom([]string{"DATABASE_ADMIN_DSN=root@tcp(127.0.0.1:3306)/"}, config.Database, config.AdminDatabase)
	require.NoError(t, err)
	require.NotEmpty(t, cfg.DatabaseAdminDSN)
}

func TestProductionRefusesAnotherHostWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, variable, value, says string }{
		{"a database", "DATABASE_DSN", "farebook:canaryPassw0rd@tcp(db:3306)/farebook", "?tls=true"},
		{"a database, TLS switched off", "DATABASE_DSN", "farebook:canaryPassw0rd@tcp(db:3306)/farebook?tls=false", "?tls=true"},
		{"a database by its address", "DATABASE_DSN", "farebook:canaryPassw0rd@tcp(10.0.0.5:3306)/farebook", "PLAINTEXT_HOSTS"},
		{"a database that is not verified", "DATABASE_DSN", "farebook:canaryPassw0rd@tcp(db:3306)/farebook?tls=skip-verify", "does not check"},
		{"a database that may fall back", "DATABASE_DSN", "farebook:canaryPassw0rd@tcp(db:3306)/farebook?tls=preferred", "does not check"},
		{"the administrator's database", "DATABASE_ADMIN_DSN", "root:canaryPassw0rd@tcp(db:3306)/", "DATABASE_ADMIN_DSN"},
		{"a mail server", "SMTP_TLS", "none", "SMTP_HOST is another host"},
		{"Temporal", "TEMPORAL_TLS", "false", "TEMPORAL_ADDRESS is another host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := config.LoadFrom(with(c.variable, c.value))
			var problems config.ProblemsError
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems, 1)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "canaryPassw0rd")
			allowed := production()
			allowed[c.variable], allowed["PLAINTEXT_HOSTS"] = c.value, "10.0.0.5, DB,mail,temporal"
			_, _, err = config.LoadFrom(lines(allowed))
			require.NoError(t, err)
			allowed["PLAINTEXT_HOSTS"] = "another,true"
			_, _, err = config.LoadFrom(lines(allowed))
			require.Error(t, err, "what is named is what may be reached in clear, and nothing else")
		})
	}
}

// What never leaves the machine needs no TLS.
func TestProductionReachesThisMachineInClear(t *testing.T) {
	t.Parallel()
	for variable, values := range map[string][]string{
		"DATABASE_DSN": {
			"farebook:x@tcp(127.0.0.1:3306)/farebook", "farebook:x@tcp([::1]:3306)/farebook", "farebook:x@tcp(localhost:3306)/farebook",
			"farebook:x@unix(/run/mysqld/mysqld.sock)/farebook",
		},
		"SMTP_HOST":        {"127.0.0.1", "localhost", "::1"},
		"TEMPORAL_ADDRESS": {"127.0.0.1:7233", "[::1]:7233", "localhost:7233"},
	} {
		for _, value := range values {
			vars := production()
			vars["SMTP_HOST"], vars["SMTP_TLS"], vars["TEMPORAL_TLS"], vars["TEMPORAL_ADDRESS"] = "127.0.0.1", "none", "", "127.0.0.1:7233"
			vars[variable] = value
			_, _, err := config.LoadFrom(lines(vars))
			require.NoError(t, err, value)
		}
	}
}

// Each process takes its share of the calls that Stripe allows for the account.
func TestShareOfStripesCalls(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.InDelta(t, 80, cfg.Stripe.CallsPerSecond, 0)
	cfg, _, err = config.LoadFrom(with("STRIPE_CALLS_PER_SECOND", "12.5"))
	require.NoError(t, err)
	require.InDelta(t, 12.5, cfg.Stripe.CallsPerSecond, 0)
	for _, wrong := range []string{"0", "-1", "NaN", "Inf", "many", "100001"} {
		_, _, err := config.LoadFrom(with("STRIPE_CALLS_PER_SECOND", wrong))
		require.ErrorContains(t, err, "STRIPE_CALLS_PER_SECOND is \""+wrong+"\"", wrong)
	}
}

// Idle connections are kept up to the size of the pool: opening one for each burst takes four round trips.
func TestPoolKeepsAllItsConnectionsUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.Equal(t, config.Pool{Size: 32, Idle: 32, Lifetime: 5 * time.Minute}, cfg.Pool)
	cfg, _, err = config.LoadFrom(with("DATABASE_POOL_SIZE", "10"))
	require.NoError(t, err)
	require.Equal(t, config.Pool{Size: 10, Idle: 10, Lifetime: 5 * time.Minute}, cfg.Pool)
	cfg, _, err = config.LoadFrom(with("DATABASE_POOL_IDLE", "4"))
	require.NoError(t, err)
	require.Equal(t, config.Pool{Size: 32, Idle: 4, Lifetime: 5 * time.Minute}, cfg.Pool)
}
