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
