package migrations

// appendOnly are the tables that nobody may change or delete from, and a column of each.
var appendOnly = []struct{ table, column string }{
	{"financial_ledger", "id"},
	{"ledger_entries", "id"},
	{"audit_log", "id"},
	{"ledger_seals", "number"},
}

// ForbiddenChange is a statement that the application's database user must not be allowed to run. It ends in WHERE FALSE, so that it
// changes no row where it is allowed.
type ForbiddenChange struct{ Verb, Statement string }

// ForbiddenChanges are the changes of rows that would break the append-only tables. TRUNCATE and REPLACE need rights that
// these are part of.
func ForbiddenChanges() []ForbiddenChange {
	var changes []ForbiddenChange
	for _, t := range appendOnly {
		changes = append(changes,
			ForbiddenChange{"UPDATE", "UPDATE " + t.table + " SET " + t.column + " = " + t.column + " WHERE FALSE"},
			ForbiddenChange{"DELETE", "DELETE FROM " + t.table + " WHERE FALSE"})
	}
	return changes
}
