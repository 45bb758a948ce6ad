package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"go.temporal.io/sdk/contrib/envconfig"

	"farebook/internal/clock"
)

// reader collects problems and warnings while it reads.
type reader struct {
	vars     variables
	environ  environ
	parts    map[Part]bool
	config   Config
	problems []string
	warnings []string
	// unread are secrets whose file was refused, which are not missing as well.
	unread map[string]bool
}

// ProblemsError are all reasons why a configuration was refused.
type ProblemsError []string

func (p ProblemsError) Error() string {
	return "the configuration has problems:\n  - " + strings.Join(p, "\n  - ")
}

func read(environment []string, parts []Part) (Config, []string, error) {
	r := &reader{environ: env.ToMap(environment), parts: map[Part]bool{}, unread: map[string]bool{}}
	for _, part := range parts {
		r.parts[part] = true
	}
	r.parts[PayloadKeys] = r.parts[PayloadKeys] || r.parts[Temporal]
	r.parts[StripeKeys] = r.parts[StripeKeys] || r.parts[Payments]
	r.readSecretFiles()
	trimmed := map[string]string{}
	for name, value := range r.environ {
		if value = strings.TrimSpace(value); value != "" {
			trimmed[name] = value
		}
	}
	if err := env.ParseWithOptions(&r.vars, env.Options{Environment: trimmed}); err != nil {
		return Config{}, nil, err
	}
	r.readGeneral()
	r.readDatabase()
	r.readPool()
	r.readPayloadKeys()
	r.readTemporal()
	r.readDeployment()
	r.readStripe()
	r.readSMTP()
	r.readMailBound()
	r.readPolicy()
	r.readHolds()
	r.readRevenue()
	r.readSweep()
	r.readListLag()
	r.readStripeRate()
	r.readFence()
	r.readReconcile()
	r.readLedger()
	r.readConsoleLimits()
	r.readSealKey()
	r.readRetention()
	r.readWebhooks()
	r.readHTTP()
	r.readConsole()
	r.readPayPage()
	r.readAdmin()
	r.readTelemetry()
	r.refuseTestSwitches()
	if len(r.problems) > 0 {
		return Config{}, nil, ProblemsError(r.problems)
	}
	return r.config, r.warnings, nil
}

func (r *reader) production() bool { return r.vars.AppEnv == Production }

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// missing records a problem in production, and a warning in development, where it returns fallback unless that is empty. It
// does nothing if the command does not need the part, or if the variable's file was refused.
func (r *reader) missing(part Part, name, fallback, purpose string) string {
	if !r.parts[part] || r.unread[name] {
		return ""
	}
	if r.production() || fallback == "" {
		r.problem("%s is not set: %s", name, purpose)
		return ""
	}
	r.warnings = append(r.warnings, fmt.Sprintf("%s is not set: development falls back to the local part", name))
	return fallback
}

func (r *reader) readGeneral() {
	switch r.vars.AppEnv {
	case Development, Production:
		r.config.Env = r.vars.AppEnv
	default:
		r.problem("APP_ENV is %q: set it to development or production", r.vars.AppEnv)
	}
	switch r.vars.LogLevel {
	case "debug", "info", "warn", "error":
		r.config.LogLevel = r.vars.LogLevel
	default:
		r.problem("LOG_LEVEL is %q: set it to debug, info, warn or error", r.vars.LogLevel)
	}
	r.config.HTTPAddr = r.vars.HTTPAddr
	if _, err := splitAddress(r.vars.HTTPAddr); err != nil {
		r.problem("HTTP_ADDR is %q: set it to host:port", r.vars.HTTPAddr)
	}
	r.config.TaskQueue = r.vars.TaskQueue
	beside, err := strconv.ParseBool(r.vars.APIWorker)
	if err != nil {
		r.problem("API_WORKER is %q: set it to true or false", r.vars.APIWorker)
	}
	r.config.APIWorker = beside
	r.config.Failpoint = r.vars.Failpoint
	r.config.Clock = clock.System{}
	if r.vars.ClockFile != "" {
		r.config.Clock = clock.NewShifted(r.vars.ClockFile)
	}
	minute, err := time.ParseDuration(r.vars.HoldMinute)
	if err != nil || minute <= 0 {
		r.problem("FAREBOOK_HOLD_MINUTE is %q: set it to a positive duration such as 1m", r.vars.HoldMinute)
	}
	r.config.HoldMinute = minute
}

func (r *reader) readTemporal() {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{
		EnvLookup: r.environ,
		// A file in a home directory must not decide where bookings go; a file that is named explicitly may.
		DisableFile: r.vars.none(r.environ, "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"),
	})
	if err != nil {
		r.problem("TEMPORAL_... cannot be read: %v", err)
		return
	}
	if profile.Address == "" {
		profile.Address = r.missing(Temporal, "TEMPORAL_ADDRESS", "127.0.0.1:7233", "host:port of the Temporal server")
	}
	_, err = splitAddress(profile.Address)
	if err != nil && r.parts[Temporal] && profile.Address != "" {
		r.problem("TEMPORAL_ADDRESS is %q: set it to host:port", profile.Address)
	}
	if profile.TLS != nil && profile.TLS.DisableHostVerification && r.production() {
		r.problem("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is set: production must know whom it talks to; unset it, or name the server's CA")
	}
	r.config.temporal = profile
	options, err := r.config.TemporalOptions()
	switch {
	case err != nil:
		r.problem("TEMPORAL_... does not fit together: %v", err)
	case options.ConnectionOptions.TLS == nil && profile.Address != "" && r.parts[Temporal]:
		host, _, _ := net.SplitHostPort(profile.Address) // an invalid address has been reported above
		r.requireTLS("TEMPORAL_ADDRESS", host, "set TEMPORAL_API_KEY, or TEMPORAL_TLS=true and the certificates that the server asks for")
	}
}

func (variables) none(e environ, names ...string) bool {
	for _, name := range names {
		if _, set := e.LookupEnv(name); set {
			return false
		}
	}
	return true
}

// refuseTestSwitches keeps test switches out of production.
func (r *reader) refuseTestSwitches() {
	if !r.production() {
		return
	}
	if r.vars.Failpoint != "" {
		r.problem("FAREBOOK_FAILPOINT is set: it kills the process and is for tests only; unset it")
	}
	if r.vars.ClockFile != "" {
		r.problem("FAREBOOK_CLOCK is set: it moves the clock and is for tests only; unset it")
	}
	if r.config.HoldMinute != time.Minute {
		r.problem("FAREBOOK_HOLD_MINUTE is set: it shortens holds and is for tests only; unset it")
	}
}
