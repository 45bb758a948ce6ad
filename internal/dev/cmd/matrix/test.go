package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"farebook/internal/dev/guards"
)

const (
	testTimeout = "60m" // of the tests of a cell; DDL of MySQL takes several times as long as MariaDB's
	waitDelay   = 10 * time.Second
	// testsAtOnce is TESTS_AT_ONCE of the Makefile.
	testsAtOnce = "4"
)

// test runs the tests of a cell and keeps their output beside the results.
func (m *matrix) test(ctx context.Context, name string, one row, env []string) (guards.Result, error) {
	result := guards.Result{Name: name}
	digest, err := m.digest(ctx, one)
	if err != nil {
		return result, err
	}
	result.Digest = digest
	args := append([]string{
		"test", "-v", "-count=1", "-parallel", testsAtOnce, "-timeout", testTimeout, "-run", one.run, one.pack,
	}, one.flags...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir, command.Env = m.root, env
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	command.WaitDelay = waitDelay
	began := time.Now()
	output, err := command.CombinedOutput()
	result.Seconds = time.Since(began).Seconds()
	log := filepath.Join(m.logs, strings.ReplaceAll(name, "/", "-")+".log")
	if err := errors.Join(ctx.Err(), os.WriteFile(log, output, 0o600)); err != nil {
		return result, err
	}
	count := countPassed(output, one.cases != tests)
	switch {
	case err != nil:
		result.Outcome, result.By = failed, failures(output)+", log "+log
	case count == 0:
		result.Outcome, result.By = failed, "no test has the name "+one.run
	default:
		result.Outcome, result.By = passed, one.cases.counted(count)
	}
	return result, nil
}

var (
	passedTest    = regexp.MustCompile(`(?m)^--- PASS: `)
	passedSubtest = regexp.MustCompile(`(?m)^    --- PASS: `)
	failedTest    = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)
)

// countPassed counts the tests of an output that have passed, or their subtests.
func countPassed(output []byte, subtests bool) int {
	if subtests {
		return len(passedSubtest.FindAll(output, -1))
	}
	return len(passedTest.FindAll(output, -1))
}

// maxNamed bounds how many failed tests a result names.
const maxNamed = 4

func failures(output []byte) string {
	var names []string
	for _, found := range failedTest.FindAllSubmatch(output, maxNamed) {
		names = append(names, string(found[1]))
	}
	if len(names) == 0 {
		return "the tests did not run"
	}
	return strings.Join(names, ", ")
}

// maxReason bounds the reason why a server cannot be had, in characters.
const maxReason = 160

// oneLine is a text for a cell of a table.
func oneLine(text string) string {
	runes := []rune(strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "/"))
	return string(runes[:min(len(runes), maxReason)])
}

// digest is a fingerprint of a row and of the tracked files that it depends on, as they are in the work tree.
func (m *matrix) digest(ctx context.Context, one row) (string, error) {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s %s %v\n", one.pack, one.run, one.flags) // never fails
	command := exec.CommandContext(ctx, "git", append([]string{"ls-files", "-z", "--"}, one.depends...)...)
	command.Dir = m.root
	listed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git ls-files: %w", err)
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(m.root, path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // one that is being removed, and is listed until then
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}
