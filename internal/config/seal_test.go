package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/config"
)

const sealKey = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
`

// keyFile writes a file with exactly these permissions, whatever the umask.
func keyFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seal-key.pem")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	require.NoError(t, os.Chmod(file, mode))
	return file
}

// The key is checked when a process starts, and not at the first seal of the day.
func TestSealKeyIsReadAtTheStart(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o600, 0o400, 0o640} {
		cfg, _, err := config.LoadFrom(with("LEDGER_SEAL_KEY_FILE", keyFile(t, sealKey, mode)))
		require.NoError(t, err)
		require.NotNil(t, cfg.SealKey)
	}
	cfg, _, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.Nil(t, cfg.SealKey)
	for says, file := range map[string]string{
		"no such file":            filepath.Join(t.TempDir(), "none.pem"),
		"every user":              keyFile(t, sealKey, 0o604),
		"run `chmod 600":          keyFile(t, sealKey, 0o602),
		"not a private key in":    keyFile(t, "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", 0o600),
		"openssl genpkey -algori": keyFile(t, "", 0o600),
	} {
		_, _, err := config.LoadFrom(with("LEDGER_SEAL_KEY_FILE", file))
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "LEDGER_SEAL_KEY_FILE")
		require.NotContains(t, err.Error(), "MC4CAQAwBQYDK2Vw")
		_, _, err = config.LoadFrom(with("LEDGER_SEAL_KEY_FILE", file), config.Database)
		require.NoError(t, err, "a command that signs nothing")
	}
}
