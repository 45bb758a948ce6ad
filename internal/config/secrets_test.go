package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/config"
)

// inFile writes a secret into a file.
func inFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// withSecrets is a production environment with every secret set, except those of Temporal.
func withSecrets() map[string]string {
	vars := production()
	vars["SMTP_USERNAME"], vars["SMTP_PASSWORD"] = "farebook", "canaryPassw0rd"
	vars["TEMPORAL_API_KEY"] = "canaryKey"
	vars["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=Bearer%20canaryKey"
	return vars
}

var ofServer = []string{
	"DATABASE_DSN", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SMTP_PASSWORD", "TEMPORAL_API_KEY", "OTEL_EXPORTER_OTLP_HEADERS",
}

// A secret has the same effect in a file as in its variable, whatever ends the file's line.
func TestSecretsAreReadFromFiles(t *testing.T) {
	t.Parallel()
	want, _, err := config.LoadFrom(lines(withSecrets()))
	require.NoError(t, err)
	for _, end := range []string{"", "\n", "\r\n", "\n\n"} {
		vars := withSecrets()
		for _, name := range ofServer {
			vars[name+"_FILE"] = inFile(t, vars[name]+end)
			delete(vars, name)
		}
		got, warnings, err := config.LoadFrom(lines(vars))
		require.NoError(t, err)
		require.Empty(t, warnings)
		require.Equal(t, want.DatabaseDSN, got.DatabaseDSN)
		require.Equal(t, want.Stripe, got.Stripe)
		require.Equal(t, want.SMTP, got.SMTP)
		options, err := got.TemporalOptions()
		require.NoError(t, err)
		require.NotNil(t, options.Credentials, "the key of Temporal Cloud")
		require.Equal(t, withSecrets()["OTEL_EXPORTER_OTLP_HEADERS"], got.Telemetry.Headers())
	}
	admin := "root:canaryPassw0rd@tcp(db:3306)/?tls=true"
	cfg, _, err := config.LoadFrom(with("DATABASE_ADMIN_DSN_FILE", inFile(t, admin+"\n")), config.Database, config.AdminDatabase)
	require.NoError(t, err)
	require.Equal(t, admin, cfg.DatabaseAdminDSN)
}

// One problem says what is wrong with a file, and none repeats what is in it.
func TestSecretFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, name := range append(ofServer, "DATABASE_ADMIN_DSN") {
		for says, file := range map[string]string{
			"cannot be read: open ":  filepath.Join(t.TempDir(), "missing"),
			"cannot be read: read ":  t.TempDir(),
			"which is empty":         inFile(t, " \n"),
			"more than one line":     inFile(t, "canaryPassw0rd\ncanaryPassw0rd\n"),
			"larger than 65536 byte": inFile(t, strings.Repeat("canaryPassw0rd", 5000)),
		} {
			vars := withSecrets()
			delete(vars, name)
			vars[name+"_FILE"] = file
			parts := []config.Part{
				config.Database, config.AdminDatabase, config.Temporal, config.Payments, config.Mail, config.Telemetry,
			}
			if name != "DATABASE_ADMIN_DSN" {
				vars["DATABASE_ADMIN_DSN"] = "root@tcp(db:3306)/?tls=true"
			}
			if name == "TEMPORAL_API_KEY" {
				vars["TEMPORAL_TLS"] = "true"
			}
			_, _, err := config.LoadFrom(lines(vars), parts...)
			var problems config.ProblemsError
			require.ErrorAs(t, err, &problems, name)
			require.Len(t, problems, 1, name)
			require.Contains(t, problems[0], name+"_FILE ")
			require.Contains(t, problems[0], says, name)
			require.NotContains(t, problems[0], "canary")
		}
	}
}

// Which of two values is valid must not be a guess.
func TestSecretsAreNotSetTwice(t *testing.T) {
	t.Parallel()
	for _, name := range ofServer {
		vars := withSecrets()
		vars[name+"_FILE"] = inFile(t, vars[name])
		_, _, err := config.LoadFrom(lines(vars))
		var problems config.ProblemsError
		require.ErrorAs(t, err, &problems)
		require.Equal(t, config.ProblemsError{name + " and " + name + "_FILE are both set: unset one of them"}, problems)
	}
}

// A job is given the secrets that it needs: the files of the others need not exist.
func TestFilesOfOtherPartsAreNotOpened(t *testing.T) {
	t.Parallel()
	vars := withSecrets()
	for _, name := range ofServer {
		if name != "DATABASE_DSN" {
			delete(vars, name)
			vars[name+"_FILE"] = filepath.Join(t.TempDir(), "missing")
		}
	}
	delete(vars, "TEMPORAL_TLS")
	_, _, err := config.LoadFrom(lines(vars), config.Database)
	require.NoError(t, err)
	delete(vars, "SMTP_PASSWORD_FILE")
	_, _, err = config.LoadFrom(lines(vars), config.Database)
	require.NoError(t, err, "a user name without the password that only mail needs")
	_, warnings, err := config.LoadFrom(with("DATABASE_ADMIN_DSN_FILE", filepath.Join(t.TempDir(), "missing")))
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "DATABASE_ADMIN_DSN")
}

// The password of a new connection is the one that is in the file now.
func TestDatabaseLoginFollowsItsFile(t *testing.T) {
	t.Parallel()
	vars := production()
	delete(vars, "DATABASE_DSN")
	file := inFile(t, "farebook:first@tcp(db:3306)/farebook?tls=true\n")
	vars["DATABASE_DSN_FILE"] = file
	cfg, _, err := config.LoadFrom(lines(vars))
	require.NoError(t, err)
	for _, want := range []string{"first", "second"} {
		require.NoError(t, os.WriteFile(file, []byte("farebook:"+want+"@tcp(db:3306)/farebook?tls=true"), 0o600))
		user, password, err := cfg.DatabaseLogin()
		require.NoError(t, err)
		require.Equal(t, []string{"farebook", want}, []string{user, password})
	}
	for _, broken := range []string{"", "mysql://canaryPassw0rd@db/farebook"} {
		require.NoError(t, os.WriteFile(file, []byte(broken), 0o600))
		_, _, err := cfg.DatabaseLogin()
		require.ErrorContains(t, err, "DATABASE_DSN")
		require.NotContains(t, err.Error(), "canary")
	}
	cfg, _, err = config.LoadFrom(lines(production()))
	require.NoError(t, err)
	_, password, err := cfg.DatabaseLogin()
	require.NoError(t, err)
	require.Equal(t, "canaryPassw0rd", password)
}

// Every variable whose name says that it is a secret can be given as a file; Temporal has variables for the files of its certificates.
func TestEverySecretMayBeAFile(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`(DSN|PASSWORD|SECRET|SECRET_KEY|API_KEY|_KEYS|TOKEN|OTLP_HEADERS)$`)
	known, secrets := map[string]bool{}, 0
	for _, variable := range config.Variables() {
		known[variable.Name] = true
	}
	for name := range known {
		if secret.MatchString(name) {
			secrets++
			require.True(t, known[name+"_FILE"], name)
		}
	}
	require.Equal(t, 10, secrets)
}
