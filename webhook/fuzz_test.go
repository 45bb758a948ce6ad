package webhook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/webhook"
)

// Whatever a file of keys has, it is refused without a word of it, or each secret is derived from its first key again and again.
func FuzzKeys(f *testing.F) {
	f.Add("# current\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n", "we_7K2M9QXA4T", 1)
	f.Add("", "", 0)
	f.Add("short\n", "we_1", -1)
	f.Fuzz(func(t *testing.T, text, endpoint string, number int) {
		keys, err := webhook.ParseKeys([]byte(text))
		if err != nil {
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(line); len(line) > 30 {
					require.NotContains(t, err.Error(), line)
				}
			}
			return
		}
		version := webhook.SecretVersion{KeyID: keys.Current(), Number: number}
		secret, err := keys.Secret(endpoint, version)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(secret, "whsec_"))
		again, err := keys.Secret(endpoint, version)
		require.NoError(t, err)
		require.Equal(t, secret, again)
		other, err := keys.Secret(endpoint+"1", version)
		require.NoError(t, err)
		require.NotEqual(t, secret, other, "each endpoint has its own")
	})
}
