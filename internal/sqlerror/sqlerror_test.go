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

// MariaDB 10.11 and MySQL answer with these while their disk is full: Farebook repeats what met one, or has its caller repeat it.
func TestAFullDiskOfTheServerIsUnavailability(t *testing.T) {
	t.Parallel()
	for number, text := range map[uint16]string{
		3:    "Error writing file './farebook/c.frm' (Errcode: 28 \"No space left on device\")",
		1021: "Disk full (/tmp/#sql-temptable.MAI); waiting for someone to free some space...",
		1026: "Error writing file '/tmp/MYfd=61' (Errcode: 28)",
		1030: "Got error 28 \"No space left on device\" from storage engine InnoDB",
		1034: "Index for table 'idempotency_keys' is corrupt; try to repair it", // an entry whose row was taken back
		1114: "The table 'bookings' is full",
		1180: "Got error 28 \"No space left on device\" during COMMIT",
		1878: "Temporary file write failure.",
	} {
		require.True(t, sqlerror.Unavailable(fmt.Errorf("insert: %w", &mysqldriver.MySQLError{Number: number, Message: text})), text)
	}
}
