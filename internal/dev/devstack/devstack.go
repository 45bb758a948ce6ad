// Package devstack starts everything that Farebook needs on one machine: a private MariaDB, a private Temporal development
// server, the Stripe stand-in, a mailbox, a provider of sign-ins, the worker and the API. Every part listens on loopback only, keeps
// its data under var/, and ends with the process that started it. It imports access, internal/config, internal/wait, and fakestripe,
// mailbox, openid and freeport of internal/dev.
//
// Supervision is our own: testcontainers needs Docker, the SDK's testsuite.StartDevServer can neither kill the server nor start
// it again on its port and data, and the process managers that we compared leave process groups and grandchildren running when
// they are killed.
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

// Root returns the top folder of the checkout that contains the working directory.
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

// binDir returns the directory that keeps built programs between runs, and creates it.
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
	// binaryLog is MariaDB's, metrics are Temporal's.
	binaryLog, metrics bool
	progress           io.Writer
}

func collect(options []ServerOption) serverOptions {
	collected := serverOptions{progress: os.Stderr}
	for _, option := range options {
		option(&collected)
	}
	return collected
}

// WithPort sets the port that the server listens on; 0 means a free one.
func WithPort(port int) ServerOption { return func(o *serverOptions) { o.port = port } }

// WithUIPort sets the port of Temporal's UI; 0 means a free one.
func WithUIPort(port int) ServerOption { return func(o *serverOptions) { o.uiPort = port } }

// Headless leaves out Temporal's UI.
func Headless() ServerOption { return func(o *serverOptions) { o.headless = true } }

// ForTests makes the server faster: a commit reaches the operating system and is not flushed to disk. It survives SIGKILL of the
// server, so that crash tests are valid, and only a power failure could lose it.
func ForTests() ServerOption { return func(o *serverOptions) { o.forTests = true } }

// WithBinaryLog makes MariaDB write its binary log, row by row, as a server with replicas does.
func WithBinaryLog() ServerOption { return func(o *serverOptions) { o.binaryLog = true } }

// WithMetrics makes Temporal serve its metrics on a free port.
func WithMetrics() ServerOption { return func(o *serverOptions) { o.metrics = true } }

// WithProgress sets the writer that installing and building are announced on; os.Stderr by default.
func WithProgress(w io.Writer) ServerOption { return func(o *serverOptions) { o.progress = w } }

func orFree(port int) (int, error) {
	if port != 0 {
		return port, nil
	}
	return freeport.Next()
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
