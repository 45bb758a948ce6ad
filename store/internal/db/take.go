package db

import (
	"errors"

	"gorm.io/gorm"
)

// TakeWith is gorm's Take of a query whose columns are those of a row and others: beside gets the others by their names.
func TakeWith(query *gorm.DB, row, beside any) (err error) {
	rows, err := query.Model(row).Limit(1).Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return gorm.ErrRecordNotFound
	}
	if err := query.ScanRows(rows, row); err != nil {
		return err
	}
	return query.ScanRows(rows, beside)
}
