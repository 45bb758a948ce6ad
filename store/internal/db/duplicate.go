package db

import (
	"errors"

	"gorm.io/gorm"

	"farebook/internal/sqlerror"
)

// DuplicateKey tells that a row with the same UNIQUE key exists, or that the server takes an entry of its index for one: a caller that
// would believe it and write nothing uses Exists.
func DuplicateKey(err error) bool { return sqlerror.Number(err) == errDuplicateKey }

// Exists reports whether an INSERT that failed with err met a row that exists: it reads a column of existing, which selects that row. Any
// other error is returned. A server whose disk was full can leave the entries of a row in its indexes after it has taken the row back
// (docs/operations.md): whoever believed them would never write what is missing. Then the error is unavailability, and a repetition
// succeeds once the index is repaired. The index of the key may not have the column, because the index alone would answer.
func Exists(err error, existing *gorm.DB, column string) (bool, error) {
	if !DuplicateKey(err) {
		return false, err
	}
	var found []string
	if err := existing.Limit(1).Pluck(column, &found).Error; err != nil {
		return false, err
	}
	if len(found) == 0 {
		return false, DamagedIndex(err)
	}
	return true, nil
}

// DamagedIndex is the unavailability of a server that refuses an INSERT with duplicate however often it is tried, although no other row has
// its key.
func DamagedIndex(duplicate error) error { return sqlerror.DamagedIndex(duplicate) }

// Unread is err, of reading the row that an INSERT met, whose error is duplicate and nil where it wrote the row. No row behind a duplicate
// means that only the index has an entry of it, as Exists says, and the error is unavailability: whoever asks is not told that what the
// INSERT would have made does not exist.
func Unread(duplicate, err error) error {
	if duplicate != nil && (errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, ErrNotFound)) {
		return DamagedIndex(duplicate)
	}
	return err
}
