package guards

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Result is a line of the file of results.
type Result struct {
	Name    string  `json:"name"`
	Digest  string  `json:"digest"` // of what the result depends on
	Outcome Outcome `json:"outcome"`
	By      string  `json:"by,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Kept is the file of results: a run that was interrupted continues after what is in it.
type Kept struct {
	path    string
	results map[string]Result
}

// OpenKept reads a file of results, which need not exist. A line that is not one is left out: a run may have been killed while it wrote it.
func OpenKept(path string) (*Kept, error) {
	kept := &Kept{path: path, results: map[string]Result{}}
	file, err := os.Open(path) //nolint:gosec // named by the caller
	if errors.Is(err, fs.ErrNotExist) {
		return kept, os.MkdirAll(filepath.Dir(path), 0o750)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var one Result
		if json.Unmarshal(lines.Bytes(), &one) == nil {
			kept.results[one.Name] = one
		}
	}
	return kept, lines.Err()
}

// Find returns the result of a name, if it was found for what has the digest.
func (k *Kept) Find(name, digest string) (Result, bool) {
	one, known := k.results[name]
	return one, known && one.Digest == digest
}

// Add appends a result.
func (k *Kept) Add(one Result) error {
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(k.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "\n%s\n", line) // a run that was killed may have left half a line before it
	k.results[one.Name] = one
	return errors.Join(err, file.Close())
}

// Digest is a fingerprint of what the result of a guard mainly depends on: the entry of the list, its file and the package of its tests.
func (r *Runner) Digest(guard Listed) (string, error) {
	source, err := os.ReadFile(filepath.Join(r.Root, guard.File)) //nolint:gosec // a path of the list
	if err != nil {
		return "", err
	}
	return digestOf(filepath.Join(r.Root, guard.Package), fmt.Sprintf("%+v\n%s", guard, source))
}

// digestOf is a fingerprint of a text and the Go files of a folder.
func digestOf(folder, text string) (string, error) {
	sum := sha256.New()
	sum.Write([]byte(text)) // never fails
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		source, err := os.ReadFile(filepath.Join(folder, entry.Name())) //nolint:gosec // of the module
		if err != nil {
			return "", err
		}
		sum.Write(source)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}
