package privacy

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/privacy"
)

// Export is everything that the books hold about a booking.
type Export struct {
	Reference booking.Reference `json:"reference"`
	// Tables are the rows about the booking, by table, as the columns have them. Digests are hexadecimal, and columns of JSON are JSON.
	Tables map[string][]map[string]any `json:"tables"`
	Stripe AtStripe                    `json:"stripe"`
}

// exportedRows bounds the rows of one table in an export.
const exportedRows = 5_000

// ExportBooking reads everything about a booking, or returns store.ErrNotFound. A booking with more than exportedRows rows in a table is an
// error.
func (b *Books) ExportBooking(ctx context.Context, reference booking.Reference) (Export, error) {
	conn := b.db.WithContext(ctx)
	row, err := find(conn, reference)
	if err != nil {
		return Export{}, err
	}
	of := subject{row.ID, row.Reference}
	exported := Export{Reference: reference, Tables: map[string][]map[string]any{}}
	for _, table := range privacy.Tables() {
		if !table.Exported {
			continue
		}
		rows, err := rowsOf(conn, table, of)
		if err != nil {
			return Export{}, fmt.Errorf("read %s: %w", table.Name, err)
		}
		if len(rows) > 0 {
			exported.Tables[table.Name] = rows
		}
	}
	exported.Stripe, err = atStripe(conn, row.ID)
	return exported, err
}

func rowsOf(conn *gorm.DB, table privacy.Table, of subject) (all []map[string]any, err error) {
	seen := map[string]bool{}
	for _, condition := range table.Rows {
		var rows []map[string]any
		err := of.where(conn.Table(table.Name), condition, time.Time{}).Limit(exportedRows + 1).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		if len(rows) > exportedRows {
			return nil, fmt.Errorf("more than %d rows of one booking", exportedRows)
		}
		for _, row := range rows {
			id := fmt.Sprint(row["id"])
			if row["id"] == nil || !seen[id] {
				seen[id] = true
				all = append(all, shown(row))
			}
		}
	}
	return all, nil
}

// shown makes the values of a row readable as JSON.
func shown(row map[string]any) map[string]any {
	for column, value := range row {
		text, isText := value.(string)
		if bytes, isBytes := value.([]byte); isBytes {
			text, isText = string(bytes), true
		}
		switch {
		case !isText:
		case !utf8.ValidString(text):
			row[column] = hex.EncodeToString([]byte(text))
		case len(text) > 0 && (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text)):
			row[column] = json.RawMessage(text)
		default:
			row[column] = text
		}
	}
	return row
}
