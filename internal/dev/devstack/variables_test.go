package devstack

import (
	"path"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/config"
)

// keptOut are the variables that a developer's shell does not decide for a stack, by their names or the patterns of them.
var keptOut = map[string]string{
	"APP_ENV":         "a stack is for development",
	"DATABASE_*":      "the stack has a database server",
	"STRIPE_API_BASE": "the stack has a stand-in", "STRIPE_SECRET_KEY": "a secret", "STRIPE_WEBHOOK_SECRET": "a secret",
	"STRIPE_ALLOW_TEST_KEY": "for production", "STRIPE_CALLS_PER_SECOND": "of an account at Stripe",
	"SMTP_*": "the stack has a mailbox", "FINANCE_EMAIL": "an address, which no test writes to",
	"FENCE*":                     "a fence of another installation",
	"RECONCILE_CALLS_PER_SECOND": "of an account at Stripe", "RECONCILE_HEAL": "tests ask for all of it",
	"RECONCILE_SCHEDULE": "of an installation", "RECONCILE_TIME_ZONE": "of an installation", "RECONCILE_OVERDUE": "of an installation",
	"LEDGER_SEAL_KEY_FILE": "a secret", "WEBHOOK_*": "the stack has a key, and allows receivers on this machine",
	"PLAINTEXT_HOSTS": "for production",
	"HTTP_*":          "the stack chooses its addresses", "ADMIN_*": "the stack chooses its addresses",
	"RATE_*":     "scripts send the requests of many clients with one key",
	"API_WORKER": "of an installation", "FAREBOOK_TASK_QUEUE": "of an installation",
	"CONSOLE_ISSUER": "the stack has one", "CONSOLE_URL": "of the stack", "CONSOLE_CLIENT_*": "of its issuer",
	"CONSOLE_ROLE*": "of its issuer",
	"CONSOLE_S*":    "of its issuer", "CONSOLE_TEMPORAL_UI": "the stack has one",
	"TEMPORAL_*": "the stack has a Temporal server",
	"OTEL_*":     "of another collector",
	"PAY_*":      "the stack has a payment page", "STRIPE_PUBLISHABLE_KEY": "the stack has a stand-in",
	"STRIPE_JS_URL":  "the stack has a stand-in",
	"*_FILE":         "a secret",
	"FAREBOOK_CLOCK": "a storm has one",
}

// Whoever adds a variable decides whether a developer may set it for a stack.
func TestEachVariableIsPassedOnOrKeptOut(t *testing.T) {
	t.Parallel()
	for _, variable := range config.Variables() {
		kept := false
		for pattern := range keptOut {
			matched, err := path.Match(pattern, variable.Name)
			require.NoError(t, err)
			kept = kept || matched
		}
		require.NotEqual(t, kept, slices.Contains(passedOn, variable.Name), "name %s in passedOn or in keptOut", variable.Name)
	}
}
