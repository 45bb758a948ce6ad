package command

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/migrations"
)

// shown returns what a migration that reports these writes to a terminal or to a pipe.
func shown(terminal bool, reports ...migrations.Progress) string {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	progress := &migrationProgress{line: progressLine{out: &out, terminal: terminal}, log: log}
	for _, p := range reports {
		progress.show(p)
	}
	progress.line.end()
	return out.String()
}

func TestProgressOfAMigrationIsALineThatMovesOnATerminal(t *testing.T) {
	t.Parallel()
	out := shown(true,
		migrations.Progress{Task: "effective dates", Detail: "1,000 rows completed", Share: 0.5},
		migrations.Progress{Task: "effective dates", Share: 1, Rows: 2000})
	line, rest, found := strings.Cut(out, "\r\033[Klevel=")
	require.True(t, found, out)
	require.True(t, strings.HasPrefix(line, "\r\033[K["), line)
	require.Contains(t, line, "] 50 % effective dates, 1,000 rows completed")
	require.Equal(t, "INFO msg=\"completed rows of an older release\" task=\"effective dates\" rows=2000\n", rest)
}

func TestProgressOfAMigrationIsLoggedWhereItTakesLongOrWaits(t *testing.T) {
	t.Parallel()
	statement := migrations.Progress{Task: "statement 1", Share: -1}
	require.Empty(t, shown(false, statement, statement, migrations.Progress{Task: "statement 2", Share: -1}), "none has taken long")
	waiting := migrations.Progress{Task: "statement 1", Detail: "asks again: connection 7", Share: -1, Waits: true}
	require.Equal(t, strings.Repeat("level=WARN msg=\"waiting for a table\" task=\"statement 1\" detail=\"asks again: connection 7\"\n", 2),
		shown(false, statement, waiting, waiting))
}
