package store

import (
	"time"

	"gorm.io/gorm"
)

// clockSlack is by how much the order of ids may differ from that of times: a row gets its time before it gets its id, and requests that
// are handled at once get them in different orders.
const clockSlack = time.Minute

// Times are a range of times: From included, To excluded. A zero time does not bound it.
type Times struct{ From, To time.Time }

// timedTable is a table whose ids are in the order of a time of its rows, which has an index.
type timedTable struct{ name, alias, column string }

// page reads the newest rows of a range of times, in the order of ids: limit rows below the id before, where it is not zero.
func (t timedTable) page(conn *gorm.DB, times Times, before uint64, limit int) (narrow func(*gorm.DB) *gorm.DB, err error) {
	within, err := t.between(conn, times)
	return func(query *gorm.DB) *gorm.DB {
		if before != 0 {
			query = query.Where(t.alias+".id < ?", before)
		}
		return within(query).Order(t.alias + ".id DESC").Limit(limit)
	}, err
}

// between narrows a read in the order of ids to the rows of a range of times. The ids at which the range begins and ends are read first, so
// that the read passes over few rows outside of it.
func (t timedTable) between(conn *gorm.DB, times Times) (narrow func(*gorm.DB) *gorm.DB, err error) {
	edge := func(where, order string, at time.Time) (id uint64, err error) {
		err = conn.Table(t.name).Select("id").Where(t.column+where, at).Order(t.column + order + ", id" + order).Limit(1).Scan(&id).Error
		return id, err
	}
	var first, last uint64
	if !times.From.IsZero() {
		if first, err = edge(" >= ?", "", times.From.Add(-clockSlack)); err != nil {
			return nil, err
		}
	}
	if !times.To.IsZero() {
		if last, err = edge(" < ?", " DESC", times.To.Add(clockSlack)); err != nil {
			return nil, err
		}
	}
	return func(query *gorm.DB) *gorm.DB {
		if !times.From.IsZero() {
			if first == 0 { // no row is that new
				query = query.Where("1 = 0")
			}
			query = query.Where(t.alias+".id >= ? AND "+t.alias+"."+t.column+" >= ?", first, times.From)
		}
		if !times.To.IsZero() { // last is 0 where no row is that old
			query = query.Where(t.alias+".id <= ? AND "+t.alias+"."+t.column+" < ?", last, times.To)
		}
		return query
	}, nil
}
