package migrations

import "strings"

// Statements returns the statements that a migration applies, in their order. A statement ends with a semicolon at the end of a line;
// comment lines before it are left out.
func Statements(source string) []string {
	var statements []string
	var statement strings.Builder
	up := false
	for line := range strings.Lines(source) {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "-- +goose Up":
			up = true
		case trimmed == "-- +goose Down":
			return statements
		case !up, strings.HasPrefix(trimmed, "--"), trimmed == "":
		default:
			statement.WriteString(line)
			if strings.HasSuffix(trimmed, ";") {
				statements = append(statements, strings.TrimSuffix(strings.TrimSpace(statement.String()), ";"))
				statement.Reset()
			}
		}
	}
	return statements
}
