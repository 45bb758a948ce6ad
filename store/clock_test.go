package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Statements get the time as a parameter: the database server's clock is not the one that is injected.
func TestNoStatementAsksTheDatabaseServerForTheTime(t *testing.T) {
	t.Parallel()
	asks := regexp.MustCompile(`\b(UTC_TIMESTAMP|CURRENT_TIMESTAMP|LOCALTIME|SYSDATE|CURDATE|UTC_DATE|NOW)\b`)
	files := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NotRegexp(t, asks, strings.ReplaceAll(string(text), ".Now()", ""), path)
		files++
		return nil
	}))
	require.Greater(t, files, 50)
}
