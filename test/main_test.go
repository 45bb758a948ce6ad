// Package test tests Farebook as a whole, from its HTTP API and its commands: against a real MariaDB, Temporal and SMTP server
// and the Stripe stand-in, in processes that tests kill. README.md lists the files by subject and explains how to read a
// failing seed.
package test

import (
	"os"
	"testing"

	"farebook/internal/dev/testkit"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testkit.RemoveBinaries()
	testkit.RemovePreviousRelease()
	os.Exit(code)
}
