package db_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/store/internal/db"
)

// A rotated password is used by the next connection without a restart; connections that are open keep working.
func TestNextConnectionUsesTheRotatedPassword(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	dsn, err := mysql.ParseDSN(on.AppDSN)
	require.NoError(t, err)
	type login struct {
		user, password string
		err            error
	}
	var now atomic.Pointer[login]
	now.Store(&login{user: dsn.User, password: dsn.Passwd})
	pool := db.Books()
	pool.Size, pool.Idle, pool.Lifetime = 1, 0, time.Minute // each statement opens a connection
	pool.Login = func() (string, string, error) { l := now.Load(); return l.user, l.password, l.err }
	books := open(t, on, pool)

	held := db.Books()
	held.Size, held.Idle, held.Login = 1, 1, pool.Login
	connected := open(t, on, held)

	rotate := func(password string) { on.Exec(t, "ALTER USER '"+dsn.User+"'@'%' IDENTIFIED BY '"+password+"'") }
	rotate("rotated")
	err = books.Ping(t.Context())
	require.True(t, db.AccessDenied(err), "the server refuses the old password: %v", err)
	require.NoError(t, connected.Ping(t.Context()), "the password of an open connection is not checked again")

	now.Store(&login{user: dsn.User, password: "rotated"})
	require.NoError(t, books.Ping(t.Context()))

	// A file that is being replaced must not fail what the login from the start could do.
	rotate(dsn.Passwd)
	now.Store(&login{err: errors.New("no such file")})
	require.NoError(t, books.Ping(t.Context()))
}

// A user that is dropped while its connections are open costs one statement each, and not what is left of their lifetime.
func TestConnectionOfADroppedUserIsReplaced(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	dsn, err := mysql.ParseDSN(on.AppDSN)
	require.NoError(t, err)
	next := dsn.User + "_next"
	var user atomic.Pointer[string]
	user.Store(&dsn.User)
	pool := db.Books()
	pool.Size, pool.Idle = 1, 1
	pool.Login = func() (string, string, error) { return *user.Load(), dsn.Passwd, nil }
	books := open(t, on, pool)
	count := func() error {
		var bookings int
		return books.WithContext(t.Context()).Raw("SELECT COUNT(*) FROM bookings").Scan(&bookings).Error
	}
	require.NoError(t, count())

	on.Exec(t, "CREATE USER '"+next+"'@'%' IDENTIFIED BY '"+dsn.Passwd+"'")
	defer on.Exec(t, "DROP USER '"+next+"'@'%'")
	on.Exec(t, "GRANT SELECT ON "+on.Name+".bookings TO '"+next+"'@'%'")
	user.Store(&next)
	on.Exec(t, "DROP USER '"+dsn.User+"'@'%'")
	err = count()
	require.True(t, db.RightMissing(err), "%v", err)
	require.True(t, db.Unavailable(err), "the request is repeated, as while a password is changed")
	require.NoError(t, count(), "the next statement has a connection of the new user")
}
