package store

import (
	"errors"
	"testing"
	"time"
)

// Whatever text a caller sends as a cursor, it is refused unless this installation has made it for the same list, and then it leads where
// it was made.
func FuzzPosition(f *testing.F) {
	ours, others := Installation{secret: []byte("one secret of thirty-two bytes...")}, Installation{secret: []byte("another")}
	made := ours.Cursor("list", Position{At: time.UnixMicro(1), ID: 7})
	for _, seed := range []string{made, made + "=", made[:len(made)-1], "", "AQ", ours.Cursor("other list", Position{ID: 7})} {
		f.Add(seed, int64(1793696400000000), uint64(42))
	}
	f.Fuzz(func(t *testing.T, cursor string, micros int64, id uint64) {
		if read, err := ours.Position("list", cursor); err == nil && ours.Cursor("list", read) != cursor {
			t.Fatalf("%q is read as %+v, which has another cursor", cursor, read)
		} else if err != nil && !errors.Is(err, ErrNoPosition) {
			t.Fatal(err)
		}
		position := Position{At: time.UnixMicro(micros).UTC(), ID: id}
		if micros == 0 {
			position.At = time.Time{}
		}
		text := ours.Cursor("list", position)
		if read, err := ours.Position("list", text); err != nil || read != position {
			t.Fatalf("%+v is read as %+v: %v", position, read, err)
		}
		for _, refused := range []error{second(ours.Position("list2", text)), second(others.Position("list", text))} {
			if !errors.Is(refused, ErrNoPosition) {
				t.Fatalf("a cursor of another list is taken: %v", refused)
			}
		}
	})
}

func second(_ Position, err error) error { return err }
