package main

import (
	"fmt"
	"strings"

	"farebook/internal/config"
)

func configuration() string {
	var out strings.Builder
	out.WriteString("# Configuration\n\n" + generated)
	out.WriteString("Farebook reads its configuration from the environment, once, and reports " +
		"every problem in one message. In development a missing\n" +
		"value falls back to the local development stack, with a warning. With `APP_ENV=production` nothing falls back: Temporal's address,\n" +
		"the database, `STRIPE_SECRET_KEY`, `STRIPE_WEBHOOK_SECRET` and SMTP are required, test keys need `STRIPE_ALLOW_TEST_KEY=true`,\n" +
		"and the stand-in's address and all settings for tests are refused. Each secret may be in a file that `<NAME>_FILE` names, as Docker\n" +
		"and Kubernetes mount them.\n\n" +
		"| variable | default | meaning |\n|---|---|---|\n")
	for _, variable := range config.Variables() {
		value := ""
		if variable.Default != "" {
			value = "`" + variable.Default + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", variable.Name, value, variable.Doc)
	}
	return out.String()
}
