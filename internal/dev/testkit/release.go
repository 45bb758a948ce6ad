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
)

// releaseFile contains the commit of the previous release, which has to run on this schema. Each release updates it.
const releaseFile = "test/previous-release"

// releaseBuilt reports whether there is something to remove.
var releaseBuilt atomic.Bool

// previousRelease checks out and builds the commit, once for all tests of a package.
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

// RemovePreviousRelease removes what previousRelease built. TestMain calls it.
func RemovePreviousRelease() {
	if !releaseBuilt.Load() {
		return
	}
	if dir, _ := previousRelease(); dir != "" {
		_ = os.RemoveAll(dir) // the system clears its temporary folder if this fails
	}
}

// PreviousRelease runs API and worker of the previous release on the stack's database, on another task queue, because two releases of
// workflow code never share one. It returns a client of that API with the stack's API key.
func (s *Stack) PreviousRelease() *APIClient {
	s.T.Helper()
	s.olderRelease = true
	dir, err := previousRelease()
	require.NoError(s.T, err)
	address := freeAddress(s.T)
	env := append(append(os.Environ(), s.env...), "HTTP_ADDR="+address, "FAREBOOK_TASK_QUEUE="+s.DB.Name+"-previous")
	for _, program := range [][]string{{"worker"}, {"starter", "serve"}} {
		s.StartOther(filepath.Join(dir, "bin", program[0]), env, program[1:]...)
	}
	previous := &APIClient{t: s.T, base: "http://" + address, Token: s.API.Token}
	s.Eventually(previous.Ready, "the previous release did not become ready; it logged:\n%s", s.Logs)
	return previous
}
