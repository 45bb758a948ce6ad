// Package devstack starts everything that Farebook needs on one machine: a private MariaDB, a private Temporal development
// server, the Stripe stand-in, a mailbox, the worker and the API. Every part listens on loopback only, keeps its data under
// var/, and ends with the process that started it. It imports access, internal/config, internal/wait, and fakestripe, mailbox
// and freeport of internal/dev.
//
// Supervision is our own: testcontainers needs Docker, the SDK's testsuite.StartDevServer can neither kill the server nor start
// it again on its port and data, and the process managers found end neither a group nor a grandchild when their own process is
// killed.
package devstack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"farebook/internal/dev/freeport"
)

// Root is the checkout that the working directory lies in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(content, []byte("module farebook\n")) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("devstack: not inside a Farebook checkout; change into it and run the command again")
		}
		dir = parent
	}
}

// binDir is where built and downloaded programs are kept between runs.
func binDir() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "var", "bin")
	return dir, os.MkdirAll(dir, 0o755)
}

// ServerOption changes how StartMariaDB and StartTemporal start their server.
type ServerOption func(*serverOptions)

type serverOptions struct {
	port     int
	uiPort   int
	headless bool
	forTests bool
	progress io.Writer
}

func collect(options []ServerOption) serverOptions {
	collected := serverOptions{progress: os.Stderr}
	for _, option := range options {
		option(&collected)
	}
	return collected
}

// WithPort fixes the port that the server listens on; 0 means a free one.
func WithPort(port int) ServerOption { return func(o *serverOptions) { o.port = port } }

// WithUIPort fixes the port of Temporal's UI; 0 means a free one.
func WithUIPort(port int) ServerOption { return func(o *serverOptions) { o.uiPort = port } }

// Headless leaves out Temporal's UI.
func Headless() ServerOption { return func(o *serverOptions) { o.headless = true } }

// ForTests trades what only a power cut could show for speed: commits reach the operating system but are not flushed
// to the disk one by one. A server killed with SIGKILL still keeps every commit, so crash tests stay honest.
func ForTests() ServerOption { return func(o *serverOptions) { o.forTests = true } }

// WithProgress says where installing and building are announced; os.Stderr by default.
func WithProgress(w io.Writer) ServerOption { return func(o *serverOptions) { o.progress = w } }

func orFree(port int) (int, error) {
	if port != 0 {
		return port, nil
	}
	return freeport.Next()
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
