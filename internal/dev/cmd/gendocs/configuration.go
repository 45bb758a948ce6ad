package main

import (
	"fmt"
	"strings"

	"farebook/internal/config"
)

func configuration() string {
	var out strings.Builder
	out.WriteString("# Configuration\n\n" + generated)
	out.WriteString("From the environment, read once and checked whole: every problem is named in one message. In development whatever\n" +
		"is missing falls back to the local part, with a warning. With `APP_ENV=production` nothing falls back: Temporal's address,\n" +
		"the database, `STRIPE_SECRET_KEY`, `STRIPE_WEBHOOK_SECRET` and SMTP have to be there, test keys need\n" +
		"`STRIPE_ALLOW_TEST_KEY=true`, and the stand-in's address and whatever is for tests are refused.\n\n" +
		"| variable | default | what it is |\n|---|---|---|\n")
	for _, variable := range config.Variables() {
		value := ""
		if variable.Default != "" {
			value = "`" + variable.Default + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", variable.Name, value, variable.Doc)
	}
	return out.String()
}
