package db

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Columns are columns of a row that the transaction has locked, to be written as the row has them now.
type Columns struct {
	Row   any // a pointer
	Names []string
}

// Marked is a row that is written beside others without having been read, if it exists: the one of Table whose UNIQUE column Key is Value.
type Marked struct {
	Table, Key, Value string
	Set               map[string]any
}

// SaveBoth is Save for two rows of different tables by one statement. reference is the column of the second that has the first one's id.
// The statement writes marked, too, after it has met the two; nil for none.
func SaveBoth(tx *gorm.DB, first, second Columns, reference string, marked *Marked) error {
	one, err := first.parse(tx)
	if err != nil {
		return err
	}
	two, err := second.parse(tx)
	if err != nil {
		return err
	}
	var sets []string
	var values []any
	for _, table := range []struct {
		Columns
		*schema.Schema
	}{{first, one}, {second, two}} {
		for _, name := range table.Names {
			value, _ := table.LookUpField(name).ValueOf(tx.Statement.Context, reflect.Indirect(reflect.ValueOf(table.Row)))
			sets = append(sets, table.Table+"."+name+" = ?")
			values = append(values, value)
		}
	}
	join := ""
	if marked != nil {
		join = fmt.Sprintf(" LEFT JOIN %[1]s ON %[1]s.%[2]s = ?", marked.Table, marked.Key)
		values = append([]any{marked.Value}, values...)
		for _, name := range slices.Sorted(maps.Keys(marked.Set)) {
			sets = append(sets, marked.Table+"."+name+" = ?")
			values = append(values, marked.Set[name])
		}
	}
	id, _ := one.PrioritizedPrimaryField.ValueOf(tx.Statement.Context, reflect.Indirect(reflect.ValueOf(first.Row)))
	return tx.Exec(fmt.Sprintf("UPDATE %[1]s JOIN %[2]s ON %[2]s.%[3]s = %[1]s.id%[4]s SET %[5]s WHERE %[1]s.id = ?", one.Table, two.Table,
		reference, join, strings.Join(sets, ", ")), append(values, id)...).Error
}

func (c Columns) parse(tx *gorm.DB) (*schema.Schema, error) {
	statement := gorm.Statement{DB: tx}
	if err := statement.Parse(c.Row); err != nil {
		return nil, err
	}
	for _, column := range c.Names {
		if statement.Schema.LookUpField(column) == nil {
			return nil, fmt.Errorf("save %s: no column %s", statement.Schema.Table, column)
		}
	}
	return statement.Schema, nil
}

// Save writes columns of a row that the transaction has read, as the row has them now. A column that the row does not have is an
// error: gorm would leave it out silently.
func Save(tx *gorm.DB, row any, columns ...string) error {
	if _, err := (Columns{row, columns}).parse(tx); err != nil {
		return err
	}
	return tx.Model(row).Select(columns).UpdateColumns(row).Error
}
