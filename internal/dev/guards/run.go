package guards

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Outcome is what became of a run without a guard.
type Outcome string

// The outcomes.
const (
	Caught     Outcome = "caught"
	Missed     Outcome = "missed"
	Equivalent Outcome = "equivalent"
	// Broken is a fault of the list: the source does not compile without the guard, its tests fail with it, or there are none.
	Broken Outcome = "broken"
)

// testTimeout bounds the tests of one guard. Some hang without theirs, which counts as noticed.
const testTimeout = 4 * time.Minute

// waitDelay is how long a go command that was ended has until it is killed.
const waitDelay = 10 * time.Second

// Runner runs tests without guards.
type Runner struct {
	Root    string // of the module, absolute
	Scratch string // a folder for changed files
	Kept    *Kept
}

// Run removes a guard and runs its tests. Error: ctx ended, or a file could not be written.
func (r *Runner) Run(ctx context.Context, guard Listed) (Result, error) {
	result := Result{Name: guard.Name}
	if guard.Equivalent != "" {
		result.Outcome, result.By = Equivalent, guard.Equivalent
		return result, nil
	}
	began := time.Now()
	if problem, err := r.baseline(ctx, guard); problem != "" || err != nil {
		result.Outcome, result.By = Broken, problem
		return result, err
	}
	overlay, err := r.overlay(guard)
	if err != nil {
		return result, err
	}
	output, failed, err := r.test(ctx, guard, "-overlay="+overlay)
	result.Outcome, result.By = judge(output, failed)
	result.Seconds = time.Since(began).Seconds()
	return result, err
}

// baseline runs the tests with the guard, once for each package and pattern. It returns what is wrong with them.
func (r *Runner) baseline(ctx context.Context, guard Listed) (problem string, err error) {
	key := "tests " + guard.Package + " " + guard.Run
	digest, err := digestOf(filepath.Join(r.Root, guard.Package), key)
	if err != nil {
		return "", err
	}
	if _, known := r.Kept.Find(key, digest); known {
		return "", nil
	}
	output, failed, err := r.test(ctx, guard, "")
	switch {
	case err != nil:
		return "", err
	case failed:
		return "its tests fail with the guard: " + failedTests(output), nil
	case bytes.Contains(output, []byte("no tests to run")):
		return "no test has the name " + guard.Run, nil
	}
	return "", r.Kept.Add(Result{Name: key, Digest: digest, Outcome: "passed"})
}

// overlay writes the changed file and the go command's list of replaced files.
func (r *Runner) overlay(guard Listed) (path string, err error) {
	changed, err := guard.Without(r.Root)
	if err != nil {
		return "", err
	}
	file := filepath.Join(r.Scratch, "without-"+filepath.Base(guard.File))
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(r.Root, guard.File): file}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(r.Scratch, "overlay.json")
	return path, os.WriteFile(path, list, 0o600)
}

// test runs the tests of a guard. The flag is in GOFLAGS, so that programs that tests build are built without the guard too.
func (r *Runner) test(ctx context.Context, guard Listed, flag string) (output []byte, failed bool, err error) {
	command := exec.CommandContext(ctx, "go", "test", "-vet=off", "-count=1", "-timeout", testTimeout.String(), //nolint:gosec // of the list
		"-run", guard.Run, guard.Package)
	command.Dir = r.Root
	command.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" "+flag))
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	command.WaitDelay = waitDelay
	output, err = command.CombinedOutput()
	if ctx.Err() != nil {
		return output, true, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return output, true, nil
	}
	return output, false, err
}

// judge says what the output of tests without a guard means, and names the tests or the fault.
func judge(output []byte, failed bool) (outcome Outcome, by string) {
	switch {
	case !failed:
		return Missed, ""
	case bytes.Contains(output, []byte("[build failed]")), bytes.Contains(output, []byte("[setup failed]")):
		return Broken, "does not compile without the guard: " + firstLines(output)
	}
	return Caught, failedTests(output)
}

var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// maxNamed bounds how many failed tests a result names.
const maxNamed = 3

func failedTests(output []byte) string {
	var names []string
	for _, match := range failedTest.FindAllSubmatch(output, -1) {
		names = append(names, string(match[1]))
	}
	if bytes.Contains(output, []byte("panic: test timed out")) {
		names = append(names, "time-out")
	}
	switch {
	case len(names) == 0:
		return firstLines(output)
	case len(names) > maxNamed:
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxNamed)
	}
	return strings.Join(names, ", ")
}

// maxExcerpt bounds what a result has of an output, in bytes.
const maxExcerpt = 300

func firstLines(output []byte) string {
	text := squeezed(string(output))
	return text[:min(len(text), maxExcerpt)]
}
