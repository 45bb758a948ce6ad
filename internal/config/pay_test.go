package config_test

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/config"
)

func payKey(id string) string {
	return id + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id[:1], 32)))
}

// withPay is a production environment with a payment page.
func withPay(changes ...string) []string {
	vars := production()
	vars["PAY_URL"], vars["PAY_LINK_KEYS"], vars["STRIPE_PUBLISHABLE_KEY"] = "https://pay.example.com/", payKey("a"), "pk_"+"live_1"
	for i := 0; i < len(changes); i += 2 {
		vars[changes[i]] = changes[i+1]
	}
	return lines(vars)
}

func TestThePaymentPageIsOffWithoutAnAddress(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.False(t, cfg.Pay.On())
	require.Nil(t, cfg.PayLinks())
	cfg, _, err = config.LoadFrom(withPay())
	require.NoError(t, err)
	require.Equal(t, "https://pay.example.com", cfg.Pay.URL)
	require.Equal(t, "https://js.stripe.com/v3/", cfg.Pay.ScriptURL)
	require.Equal(t, 72*time.Hour, cfg.Pay.Readable)
	require.NotNil(t, cfg.PayLinks())
	_, _, err = config.LoadFrom(withPay("PAY_LINK_KEYS", "", "STRIPE_PUBLISHABLE_KEY", ""), config.Database)
	require.NoError(t, err, "a command that has nothing to do with the page")
}

// Production refuses the stand-in's keys and addresses, and a key that would be a secret.
func TestThePaymentPageOfProductionIsStripes(t *testing.T) {
	t.Parallel()
	for says, changes := range map[string][]string{
		"STRIPE_JS_URL is not Stripe's":                  {"STRIPE_JS_URL", "http://127.0.0.1:12111/v3/"},
		"STRIPE_JS_URL is not Stripe's: production":      {"STRIPE_JS_URL", "https://js.stripe.com.evil.example/v3/"},
		"STRIPE_PUBLISHABLE_KEY is of the other mode":    {"STRIPE_PUBLISHABLE_KEY", "pk_" + "test_1"},
		"STRIPE_PUBLISHABLE_KEY is no publishable key":   {"STRIPE_PUBLISHABLE_KEY", "sk_" + "live_1"},
		"STRIPE_PUBLISHABLE_KEY is not set":              {"STRIPE_PUBLISHABLE_KEY", ""},
		"PAY_LINK_KEYS is not set":                       {"PAY_LINK_KEYS", ""},
		"PAY_LINK_KEYS has a key a that is not 32 bytes": {"PAY_LINK_KEYS", "a:c2hvcnQ="},
		"PAY_URL is another host and reached without":    {"PAY_URL", "http://pay.example.com"},
		"write it without a path":                        {"PAY_URL", "https://pay.example.com/shop"},
		"PAY_LINK_READABLE is":                           {"PAY_LINK_READABLE", "forever"},
	} {
		_, _, err := config.LoadFrom(withPay(changes...))
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), payKey("a")[2:])
	}
}

// A running process signs with the new key once the file has it, and opens links of the old one while that is in the file.
func TestTheKeysOfPaymentLinksRotate(t *testing.T) {
	t.Parallel()
	file := inFile(t, payKey("a"))
	cfg, _, err := config.LoadFrom(withPay("PAY_LINK_KEYS", "", "PAY_LINK_KEYS_FILE", file))
	require.NoError(t, err)
	links, now := cfg.PayLinks(), time.Now()
	token := func() string {
		link := links.Of(booking.Reference("FB-7K2M9QXA"), now, now)
		return link[strings.LastIndex(link, "/")+1:]
	}
	opens := func(token string) bool { _, err := links.Claim(token, now); return err == nil }
	before := token()
	require.NoError(t, os.WriteFile(file, []byte(payKey("b")+","+payKey("a")), 0o600))
	after := token()
	require.Contains(t, after, "fpl_b.")
	require.True(t, opens(before) && opens(after))
	require.NoError(t, os.WriteFile(file, []byte("broken"), 0o600))
	require.True(t, opens(before), "the last good keys stay in use")
	require.NoError(t, os.WriteFile(file, []byte(payKey("b")), 0o600))
	require.False(t, opens(before))
	require.True(t, opens(after))
}
