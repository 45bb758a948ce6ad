// Package growth measures how many rows each function of the store makes the database examine on small and on large books, and
// finds the functions whose rows grow with the books: an index is missing, or a statement reads history that it need not. `make growth`
// is its gate, `make bench-growth` its benchmark. A function that no script of this package calls is an error, so that a new one
// cannot be forgotten. It imports store, store/recon, the vocabulary and internal/dev/bigbooks.
package growth
