package testkit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/freeport"
)

// releaseFile names the commit of the release that has to run on this schema. It is moved on with each release.
const releaseFile = "test/previous-release"

// releaseBuilt tells whether there is anything to tidy up.
var releaseBuilt atomic.Bool

// previousRelease checks the commit out of this repository's history and builds it, once for all tests of a package.
var previousRelease = sync.OnceValues(func() (dir string, err error) {
	root, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", fmt.Errorf("the previous release is built from git's history: run the tests in a clone: %w", err)
	}
	top := strings.TrimSpace(string(root))
	commit, err := os.ReadFile(filepath.Join(top, releaseFile))
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp("", "farebook-previous-"); err != nil {
		return "", err
	}
	releaseBuilt.Store(true)
	script := `git -C "$1" archive "$2" | tar -x -C "$3" && cd "$3" && go build -o bin/ ./starter ./worker`
	build := exec.Command("sh", "-ec", script, "sh", top, strings.TrimSpace(string(commit)), dir)
	if output, err := build.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("build the previous release %s of %s: %w\n%s", strings.TrimSpace(string(commit)), releaseFile, err, output)
	}
	return dir, nil
})

// RemovePreviousRelease tidies up; called from TestMain.
func RemovePreviousRelease() {
	if !releaseBuilt.Load() {
		return
	}
	if dir, _ := previousRelease(); dir != "" {
		_ = os.RemoveAll(dir) // a folder of the system's temporary ones
	}
}

// PreviousRelease runs API and worker of the previous release on the stack's database, with a task queue apart: two releases
// of workflow code do not share one. It returns a client of that API with the stack's token.
func (s *Stack) PreviousRelease() *APIClient {
	s.olderRelease = true
	s.T.Helper()
	dir, err := previousRelease()
	require.NoError(s.T, err)
	port, err := freeport.Next()
	require.NoError(s.T, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	env := append(append(os.Environ(), s.env...), "HTTP_ADDR="+address, "FAREBOOK_TASK_QUEUE="+s.DB.Name+"-previous")
	for _, program := range [][]string{{"worker"}, {"starter", "serve"}} {
		s.run(&Process{stack: s, name: filepath.Join(dir, "bin", program[0]), args: program[1:], env: env, done: make(chan struct{})})
	}
	previous := &APIClient{t: s.T, base: "http://" + address, Token: s.API.Token}
	s.Eventually(previous.Ready, "the previous release did not become ready; it logged:\n%s", s.Logs)
	return previous
}

// WebhooksTo has Stripe deliver its events to another API from now on.
func (s *Stack) WebhooksTo(c *APIClient) {
	s.Stripe.SetWebhook(c.base+"/webhooks/stripe", WebhookSecret)
}
