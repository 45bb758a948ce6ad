package conformance

import (
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/starter/evidence"
)

// canonicalize is RFC 8785 in the language that it is defined by: members in the order of their names, and JSON.stringify.
const canonicalize = `
const sorted = value => Array.isArray(value) ? value.map(sorted)
  : value === null || typeof value !== "object" ? value
  : Object.fromEntries(Object.keys(value).sort().map(name => [name, sorted(value[name])]));
let text = "";
process.stdin.on("data", part => text += part).on("end", () => {
  const document = JSON.parse(text);
  delete document.signature;
  process.stdout.write(JSON.stringify(sorted(document)));
});`

// Node and openssl, which know nothing of Farebook, verify the signature of evidence: of names in any script, and of whatever white space.
func TestNodeAndOpenSSLVerifySignedEvidence(t *testing.T) {
	t.Parallel()
	key, public := newKey(t)
	bundle := evidence.Bundle{
		Reference: "FB-7K2M9QXA", GeneratedAt: time.Date(2026, 11, 26, 12, 0, 0, 123456000, time.UTC),
		Sold: evidence.Sold{
			Customer: booking.Customer{Name: "ليلى حداد <&> \u2028 \U0001F6EB \"\\\u007f", Email: "layla@example.com"}, Captured: 45900,
		},
		Ledger: []evidence.Posting{{Account: "asset:stripe_clearing", Side: "debit", Amount: 1<<53 - 1, Currency: "USD"}},
		Sealed: evidence.Sealed{Transactions: []evidence.SealedTransaction{{ID: 1, Description: "tab\tnewline\n"}}},
	}
	require.NoError(t, bundle.Sign(key))
	document, err := json.MarshalIndent(bundle, "", "    ")
	require.NoError(t, err)
	node := exec.CommandContext(t.Context(), "node", "-e", canonicalize)
	node.Stdin = strings.NewReader(string(document))
	canonical, err := node.Output()
	require.NoError(t, err)
	signature, err := base64.StdEncoding.DecodeString(bundle.Signature.Value)
	require.NoError(t, err)
	requireOpenSSL(t, canonical, signature, public)
}
