package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
)

// guides are the pages whose blocks of commands TestGuidesRunAsWritten runs, in this order.
var guides = []string{
	"quickstart.md", "guides/pay.md", "guides/refund.md", "guides/dispute.md", "guides/reconcile.md", "guides/webhooks.md",
	"guides/going-live.md",
}

// Each page runs as one script from its first block to its last, as a reader who follows it types it, beside a running Farebook. Blocks
// without `sh` are for the reader alone: make up, and what a deployment differs in.
func TestGuidesRunAsWritten(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.API.Token = s.DB.NewKey(t, "reader", access.All()...)
	for _, tool := range []string{"curl", "jq"} {
		require.NoError(t, devstack.Need(t.Context(), os.Stderr, tool, tool))
	}
	followable(t, s)
	for _, page := range guides {
		content, err := os.ReadFile("../docs/" + page)
		require.NoError(t, err)
		script := "set -euo pipefail\n"
		for _, block := range fenced.FindAllStringSubmatch(string(content), -1) {
			if block[1] == "sh" {
				script += block[2]
			}
		}
		require.Contains(t, script, "var/dev.env", page)
		reader := exec.CommandContext(t.Context(), "bash", "-c", script)
		reader.Dir = s.Folder
		reader.Env = append(os.Environ(), "TMPDIR="+s.Folder)
		output, err := reader.CombinedOutput()
		require.NoError(t, err, "%s:\n%s\nlogs:\n%s", page, output, s.Logs)
		s.AwaitQuiet()
	}
	deleteSchedules(s)
	s.RequirePromises()
}

// followable makes what `make up` leaves for other terminals: var/dev.env and var/bin.
func followable(t *testing.T, s *testkit.Stack) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(s.Folder, "var"), 0o755))
	require.NoError(t, os.Symlink(filepath.Dir(s.StarterCommand().Path), filepath.Join(s.Folder, "var", "bin")))
	lines := append(s.Environment(), "FAREBOOK_API_URL="+s.API.URL(), "FAREBOOK_API_KEY="+s.API.Token, "MAILBOX_URL="+s.Mailbox.URL(),
		"HTTP_ADDR=127.0.0.1:0", "ADMIN_ADDR=none")
	var text strings.Builder
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		text.WriteString(name + "='" + value + "'\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.Folder, "var", "dev.env"), []byte(text.String()), 0o600))
}
