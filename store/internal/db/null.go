package db

import "time"

// OrEmpty is the text of a nullable column, empty for NULL.
func OrEmpty[T ~string](text *T) T {
	if text == nil {
		return ""
	}
	return *text
}

// OrNil stores an empty text as NULL.
func OrNil[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}

// TimeOrNil stores the zero time as NULL.
func TimeOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// TimeOrZero is the time of a nullable column, zero for NULL.
func TimeOrZero(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

// IDOrNil stores the id 0 as NULL.
func IDOrNil(id uint64) *uint64 {
	if id == 0 {
		return nil
	}
	return &id
}

// IDOrZero is the id of a nullable column, 0 for NULL.
func IDOrZero(id *uint64) uint64 {
	if id == nil {
		return 0
	}
	return *id
}
