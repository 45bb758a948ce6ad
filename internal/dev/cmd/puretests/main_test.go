package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyTestsThatReachNoServerArePure(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "x_test.go"), []byte(`package x

type books struct{ *testdb.DB }

var address = os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")

func TestPure(t *testing.T)         { helper() }
func TestDirect(t *testing.T)       { testkit.New(t) }
func TestThroughAType(t *testing.T) { var b books; _ = b }
func TestThroughAVariable(t *testing.T) { _ = address }
func TestThroughAMethod(t *testing.T)   { thing{}.start() }
func TestThroughTwo(t *testing.T)       { first() }

func helper()         {}
func first()          { second() }
func second()         { devstack.Start() }
func (thing) start()  { testdb.New(nil) }
`), 0o600))
	tests, err := pure(folder)
	require.NoError(t, err)
	require.Equal(t, []string{"TestPure"}, tests)
}
