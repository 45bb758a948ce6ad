package db

import "farebook/internal/sqlerror"

// Unavailable is sqlerror.Unavailable.
func Unavailable(err error) bool { return sqlerror.Unavailable(err) }

// AccessDenied tells that the server refused the login, or all use of the database: a password or a right is wrong.
func AccessDenied(err error) bool {
	number := sqlerror.Number(err)
	return number == 1044 || number == 1045
}
