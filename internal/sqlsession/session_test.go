package sqlsession_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/sqlsession"
)

// The variable of the other server would be refused as unknown, and its unit differs by a thousand.
func TestEachServerIsLimitedByItsOwnVariable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, limited, unlimited string
		mariaDB                     bool
	}{
		{"10.11.6-MariaDB-0+deb12u1", "SET SESSION max_statement_time = 13.5", "SET SESSION max_statement_time = 0", true},
		{"11.8.2-MariaDB", "SET SESSION max_statement_time = 13.5", "SET SESSION max_statement_time = 0", true},
		{"10.6.14-7-mariadb-enterprise-log", "SET SESSION max_statement_time = 13.5", "SET SESSION max_statement_time = 0", true},
		{"8.0.36", "SET SESSION max_execution_time = 13500", "SET SESSION max_execution_time = 0", false},
		{"8.4.3-log", "SET SESSION max_execution_time = 13500", "SET SESSION max_execution_time = 0", false},
		{"9.7.0", "SET SESSION max_execution_time = 13500", "SET SESSION max_execution_time = 0", false},
		{"8.0.36-28", "SET SESSION max_execution_time = 13500", "SET SESSION max_execution_time = 0", false}, // Percona
		{"8.0.mysql_aurora.3.04.0", "SET SESSION max_execution_time = 13500", "SET SESSION max_execution_time = 0", false},
	} {
		session := sqlsession.Session{Version: c.version}
		require.Equal(t, c.mariaDB, session.MariaDB(), c.version)
		require.Equal(t, c.limited, session.Limit(13500*time.Millisecond), c.version)
		require.Equal(t, c.unlimited, session.Limit(0), c.version)
	}
}
