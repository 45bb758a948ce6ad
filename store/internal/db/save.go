package db

import (
	"fmt"

	"gorm.io/gorm"
)

// Save writes columns of a row that the transaction has read, as the row has them now. A column that the row does not have is an
// error: gorm would leave it out silently.
func Save(tx *gorm.DB, row any, columns ...string) error {
	statement := gorm.Statement{DB: tx}
	if err := statement.Parse(row); err != nil {
		return err
	}
	for _, column := range columns {
		if statement.Schema.LookUpField(column) == nil {
			return fmt.Errorf("save %s: no column %s", statement.Schema.Table, column)
		}
	}
	return tx.Model(row).Select(columns).UpdateColumns(row).Error
}
