package store_test

import (
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
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, asks, strings.ReplaceAll(string(text), ".Now()", ""), file)
	}
}
