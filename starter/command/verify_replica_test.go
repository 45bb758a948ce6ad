package command_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testdb"
	"farebook/store/proof"
)

// On a replica, verify proves what has changed since the primary's last proof and records nothing. What needs a record is refused with the
// reason, and not with the error of a connection.
func TestVerifyOnAReadOnlyServerProvesWithoutARecord(t *testing.T) {
	server, err := devstack.StartMariaDB(t.Context(), filepath.Join(t.TempDir(), "mariadb"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Kill() }) // its data is not kept
	db := testdb.On(t, server.AdminDSN())
	t.Setenv("DATABASE_DSN", db.AppDSN)
	db.NewKey(t, "test")
	readOnly := func(on string) { db.Exec(t, "SET GLOBAL read_only = "+on) } // root may write all the same
	defer readOnly("OFF")

	readOnly("ON")
	_, _, err = run(t, "verify", "--books")
	require.ErrorAs(t, err, &proof.ReadOnlyError{}, "there is no proof to continue from")

	readOnly("OFF")
	_, _, err = run(t, "verify", "--books")
	require.NoError(t, err)
	recorded := db.Count(t, "SELECT COUNT(*) FROM proofs")

	readOnly("ON")
	table, said, err := run(t, "verify", "--books")
	require.NoError(t, err)
	require.Contains(t, table, "checks hold")
	require.NotContains(t, table, "cannot change ledger", "every change is refused there, whatever the user's rights")
	require.Contains(t, said, "read-only: this proof is not recorded")
	_, _, err = run(t, "verify", "--books", "--whole")
	require.ErrorContains(t, err, "DATABASE_DSN of the primary")
	require.Equal(t, recorded, db.Count(t, "SELECT COUNT(*) FROM proofs"))

	db.Exec(t, `INSERT INTO bookings (reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		hold_expires_at, correlation_id, created_at, updated_at)
		SELECT 'FB-00000000', id, 'confirmed', '', '', 'en', '{}', 1, 'USD', NOW(), '', NOW(), NOW() FROM api_keys`)
	table, _, err = run(t, "verify", "--books")
	require.Error(t, err)
	require.Regexp(t, `(?m)^6\s+NO\s+each confirmed booking has captured money`, table)
}
