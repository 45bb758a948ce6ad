package store

import (
	"time"

	"gorm.io/gorm"

	"farebook/store/internal/db"
)

// listOrder is the order of a list: the newest first, and rows of one instant by their ids.
const listOrder = "created_at DESC, id DESC"

const (
	// listWindow is how many keys are read at once when a page is not full, because its rows are narrowed by more than the index of the keys.
	listWindow = 500
	// listWindows bounds how many rows a page reads: a page that is not full by then ends there, and the list continues after it.
	listWindows = 11
)

// list reads pages of rows by keyset: first the keys (created_at, id) from an index in the order of the list, then the rows of those keys
// that the filter leaves. Whatever is combined in a filter, a page reads a bounded number of rows.
type list[Row any] struct {
	// keys are reads that have every row of the list between them, and none twice. Each begins anew, because gorm's conditions accumulate.
	keys func() []keyRead
	// rows are those with the ids that the filter leaves, in listOrder.
	rows     func(ids []uint64, limit int) ([]Row, error)
	position func(Row) Position
	from, to time.Time // when the rows were created: from included, to excluded
}

// keyRead reads id and created_at of a table under an alias.
type keyRead struct {
	query *gorm.DB
	alias string
}

func (l list[Row]) page(conn *gorm.DB, p Page) (Listed[Row], error) {
	found := make([]Row, 0, p.Limit)
	after, size := p.After, p.Limit+1
	for range listWindows {
		keys, err := l.read(conn, after, size)
		if err != nil || len(keys) == 0 {
			return Listed[Row]{Rows: found}, err
		}
		ids := make([]uint64, len(keys))
		for i, key := range keys {
			ids[i] = key.ID
		}
		rows, err := l.rows(ids, p.Limit+1-len(found))
		if err != nil {
			return Listed[Row]{}, err
		}
		found = append(found, rows...)
		if len(found) > p.Limit {
			next := l.position(found[p.Limit-1])
			return Listed[Row]{found[:p.Limit], &next}, nil
		}
		if len(keys) < size {
			return Listed[Row]{Rows: found}, nil
		}
		last := keys[len(keys)-1]
		after, size = Position{last.CreatedAt, last.ID}, listWindow
	}
	return Listed[Row]{found, &after}, nil
}

type listKey struct {
	ID        uint64
	CreatedAt time.Time
}

// read reads the keys after a position. Rows of the position's instant and older rows are two reads, because the server takes no range of
// an index from a comparison of pairs.
func (l list[Row]) read(conn *gorm.DB, after Position, limit int) (keys []listKey, err error) {
	var reads []*gorm.DB
	for _, older := range l.keys() {
		query := older.query
		if !l.from.IsZero() {
			query = query.Where(older.alias+".created_at >= ?", l.from)
		}
		switch {
		case after.ID != 0:
			query = query.Where(older.alias+".created_at < ?", after.At)
		case !l.to.IsZero():
			query = query.Where(older.alias+".created_at < ?", l.to)
		}
		reads = append(reads, query)
	}
	if after.ID != 0 {
		for _, same := range l.keys() {
			reads = append(reads, same.query.Where(same.alias+".created_at = ? AND "+same.alias+".id < ?", after.At, after.ID))
		}
	}
	err = db.Merge(conn, listOrder, limit, reads).Scan(&keys).Error
	return keys, err
}
