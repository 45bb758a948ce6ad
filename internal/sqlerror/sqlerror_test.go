package sqlerror_test

import (
	"fmt"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/sqlerror"
)

// An INSERT whose wait for the counter of its table's ids was ended by a kill is one to repeat: the storm met it (docs/proof.md).
func TestAnInsertThatGotNoIDMayBeRepeated(t *testing.T) {
	t.Parallel()
	require.True(t, sqlerror.Unavailable(fmt.Errorf("insert: %w", &mysqldriver.MySQLError{Number: 1467})))
	require.False(t, sqlerror.Unavailable(&mysqldriver.MySQLError{Number: 1062}), "a duplicate key stays one")
}
