package webhook_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/webhook"
)

var (
	firstKey  = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 32)))
	secondKey = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("b", 32)))
)

// A secret derives from its key, endpoint and number, and from no other one; it stays the same when a new key is put first.
func TestSecretsDeriveFromTheirKey(t *testing.T) {
	t.Parallel()
	keys, err := webhook.ParseKeys([]byte(firstKey + "\n"))
	require.NoError(t, err)
	version := webhook.SecretVersion{KeyID: keys.Current(), Number: 1}
	secret, err := keys.Secret("we_1", version)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(secret, "whsec_"))
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(t, err)
	require.Len(t, raw, 32, "the specification asks for 24 to 64 bytes")
	require.NotContains(t, secret, firstKey)

	rotated, err := webhook.ParseKeys([]byte("# new\n" + secondKey + "\n\n" + firstKey))
	require.NoError(t, err)
	require.NotEqual(t, keys.Current(), rotated.Current())
	same, err := rotated.Secret("we_1", version)
	require.NoError(t, err)
	require.Equal(t, secret, same)
	seen := map[string]bool{secret: true}
	for _, other := range []struct {
		id      string
		version webhook.SecretVersion
	}{
		{"we_2", version},
		{"we_1", webhook.SecretVersion{KeyID: version.KeyID, Number: 2}},
		{"we_1", webhook.SecretVersion{KeyID: rotated.Current(), Number: 1}},
	} {
		one, err := rotated.Secret(other.id, other.version)
		require.NoError(t, err)
		require.False(t, seen[one])
		seen[one] = true
	}
	var unknown *webhook.UnknownKeyError
	_, err = keys.Secret("we_1", webhook.SecretVersion{KeyID: rotated.Current(), Number: 1})
	require.ErrorAs(t, err, &unknown)
	_, err = webhook.Keys{}.Secret("we_1", version)
	require.ErrorIs(t, err, webhook.ErrNoKeys)
}

// A file that is not one of keys is refused, without its text.
func TestKeyFilesAreChecked(t *testing.T) {
	t.Parallel()
	short := base64.StdEncoding.EncodeToString([]byte("sixteen bytes..."))
	for _, text := range []string{"", "# nothing", short, "not base64!", firstKey + "\n" + short} {
		_, err := webhook.ParseKeys([]byte(text))
		require.Error(t, err)
		require.NotContains(t, err.Error(), short)
	}
}

// Attempts are made for three days, in growing steps.
func TestRetriesEndAfterThreeDays(t *testing.T) {
	t.Parallel()
	total, last := 0.0, 0.0
	for attempts := 1; ; attempts++ {
		wait, again := webhook.RetryAfter(attempts)
		if !again {
			break
		}
		require.GreaterOrEqual(t, wait.Seconds(), last)
		last = wait.Seconds()
		total += wait.Hours()
	}
	require.InDelta(t, 72, total, 1)
}
