package db

import (
	"strings"

	"gorm.io/gorm"
)

// Merge returns one page of several reads, in one order. Each read is limited and ordered itself, so that the server takes each from an
// index in that order and reads no more rows than the page has. A condition with OR or IN does not do that: the server then reads every
// row that matches and sorts them, or walks through the table by id. The reads must select the same columns and no row twice.
func Merge(conn *gorm.DB, order string, limit int, reads []*gorm.DB) *gorm.DB {
	args := make([]any, 0, len(reads)+1)
	for _, read := range reads {
		args = append(args, read.Order(order).Limit(limit))
	}
	statement := strings.TrimSuffix(strings.Repeat("(?) UNION ALL ", len(reads)), " UNION ALL ")
	return conn.Raw(statement+" ORDER BY "+order+" LIMIT ?", append(args, limit)...)
}
