package db_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"

	"farebook/store/internal/db"
)

type thing struct {
	ID        uint64
	Name      string
	Note      string
	UpdatedAt time.Time
}

// connection never connects: it builds statements, and keeps the last one in sql.
func connection(t *testing.T, sql *string) *gorm.DB {
	t.Helper()
	dialector := mysql.New(mysql.Config{DSN: "nobody@tcp(127.0.0.1:1)/none", SkipInitializeWithVersion: true})
	conn, err := gorm.Open(dialector, &gorm.Config{DisableAutomaticPing: true, DryRun: true, SkipDefaultTransaction: true})
	require.NoError(t, err)
	err = conn.Callback().Update().After("gorm:update").Register("keep", func(d *gorm.DB) {
		*sql = d.Explain(d.Statement.SQL.String(), d.Statement.Vars...)
	})
	require.NoError(t, err)
	return conn
}

func TestSaveWritesTheNamedColumnsAsTheRowHasThem(t *testing.T) {
	t.Parallel()
	var sql string
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	row := thing{ID: 7, Name: "new", Note: "not saved", UpdatedAt: at}
	require.NoError(t, db.Save(connection(t, &sql), &row, "name", "updated_at"))
	require.Equal(t, "UPDATE `things` SET `name`='new',`updated_at`='2026-11-25 12:00:00' WHERE `id` = 7", sql)
	row.Name = ""
	require.NoError(t, db.Save(connection(t, &sql), &row, "name"))
	require.Equal(t, "UPDATE `things` SET `name`='' WHERE `id` = 7", sql, "an empty value is written too, and no other column")
}

func TestSaveRefusesAColumnThatTheRowDoesNotHave(t *testing.T) {
	t.Parallel()
	var sql string
	err := db.Save(connection(t, &sql), &thing{ID: 7}, "name", "title")
	require.EqualError(t, err, "save things: no column title")
	require.Empty(t, sql)
}

type part struct {
	ID      uint64
	ThingID uint64
	Note    string
}

func TestSaveBothWritesTwoRowsByOneStatement(t *testing.T) {
	t.Parallel()
	var sql string
	conn := connection(t, &sql)
	err := conn.Callback().Raw().After("gorm:raw").Register("keep", func(d *gorm.DB) {
		sql = d.Explain(d.Statement.SQL.String(), d.Statement.Vars...)
	})
	require.NoError(t, err)
	row, piece := thing{ID: 7, Name: "new", Note: "not saved"}, part{ID: 8, ThingID: 7, Note: "left"}
	both := func(columns ...string) error {
		return db.SaveBoth(conn, db.Columns{Row: &row, Names: columns}, db.Columns{Row: &piece, Names: []string{"note"}}, "thing_id", nil)
	}
	require.NoError(t, both("name"))
	require.Equal(t, "UPDATE things JOIN parts ON parts.thing_id = things.id SET things.name = 'new', parts.note = 'left' "+
		"WHERE things.id = 7", sql)
	require.EqualError(t, both("title"), "save things: no column title")

	require.NoError(t, db.SaveBoth(conn, db.Columns{Row: &row, Names: []string{"name"}}, db.Columns{Row: &piece, Names: []string{"note"}},
		"thing_id", &db.Marked{Table: "marks", Key: "mark", Value: "m_1", Set: map[string]any{"seen": true, "at": gorm.Expr("NOW()")}}))
	require.Equal(t, "UPDATE things JOIN parts ON parts.thing_id = things.id LEFT JOIN marks ON marks.mark = 'm_1' SET things.name = 'new', "+
		"parts.note = 'left', marks.at = NOW(), marks.seen = true WHERE things.id = 7", sql)
}
