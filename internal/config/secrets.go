package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// fileSuffix turns the name of a secret variable into the name of the variable that names its file.
const fileSuffix = "_FILE"

// maxSecret is far above the longest secret, an API key of Temporal Cloud, and keeps a wrong path from filling the memory.
const maxSecret = 64 << 10

// secrets are the variables whose value may be in a file, with the part that reads each. Temporal has its own variables for the files of
// certificates and keys.
var secrets = []struct {
	name string
	part Part
}{
	{"DATABASE_DSN", Database},
	{"DATABASE_ADMIN_DSN", AdminDatabase},
	{"STRIPE_SECRET_KEY", StripeKeys},
	{"STRIPE_WEBHOOK_SECRET", Payments},
	{"SMTP_PASSWORD", Mail},
	{"TEMPORAL_API_KEY", Temporal},
	{payloadKeys, PayloadKeys},
	{"CONSOLE_CLIENT_SECRET", Browser},
	{otlpHeaders, Telemetry},
	{"PAY_LINK_KEYS", PayPage},
}

// readSecretFiles puts the secrets from files into the environment, for whatever reads it afterwards. It opens only the files of the
// parts that the command needs: a job may have been given fewer secrets than the API.
func (r *reader) readSecretFiles() {
	for _, secret := range secrets {
		file, inFile := r.environ.LookupEnv(secret.name + fileSuffix)
		_, given := r.environ.LookupEnv(secret.name)
		switch {
		case !inFile:
		case given:
			r.problem("%s and %[1]s%s are both set: unset one of them", secret.name, fileSuffix)
		case r.parts[secret.part]:
			r.readSecretFile(secret.name, strings.TrimSpace(file))
		}
	}
}

// readSecretFile also fills in a value that cannot be read, so that the same variable is not reported as missing.
func (r *reader) readSecretFile(name, file string) {
	text, err := readSecret(file)
	if err != nil {
		r.problem("%s%s %v", name, fileSuffix, err)
		r.unread[name] = true
		return
	}
	r.environ[name] = text
	if name == "DATABASE_DSN" {
		r.config.databaseDSNFile = file
	}
	r.follow(name, file, text)
}

// secretGiven reports whether a secret is set, in a file or without one. The file may be one that this command does not read.
func (r *reader) secretGiven(name string) bool {
	_, given := r.environ.LookupEnv(name)
	_, inFile := r.environ.LookupEnv(name + fileSuffix)
	return given || inFile
}

// readSecret reads the one line of a file. Its errors follow the name of a variable and never quote the content.
func readSecret(file string) (string, error) {
	opened, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	defer func() { _ = opened.Close() }() // nothing was written
	content, err := io.ReadAll(io.LimitReader(opened, maxSecret+1))
	text := strings.TrimSpace(string(content))
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot be read: %w", err)
	case len(content) > maxSecret:
		return "", fmt.Errorf("is %s, which is larger than %d bytes: name a file that holds only the secret", file, maxSecret)
	case text == "":
		return "", fmt.Errorf("is %s, which is empty: write the secret into it, or unset the variable", file)
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", fmt.Errorf("is %s, which has more than one line: write only the secret into it", file)
	}
	return text, nil
}

// DatabaseLogin returns the user and password of DATABASE_DSN. From a file, it reads them again at each call, so that a connection that
// is opened after a rotation uses the new password. Address and database never change while a process runs.
func (c Config) DatabaseLogin() (user, password string, err error) {
	dsn := c.DatabaseDSN
	if c.databaseDSNFile != "" {
		if dsn, err = readSecret(c.databaseDSNFile); err != nil {
			return "", "", fmt.Errorf("DATABASE_DSN_FILE %w", err)
		}
	}
	parsed, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", "", errors.New("DATABASE_DSN cannot be read: write it as user:password@tcp(host:port)/database")
	}
	return parsed.User, parsed.Passwd, nil
}
