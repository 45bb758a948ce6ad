package store

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// Position is the place of an entry in a list: by its time, then by its id. Lists in the order of ids leave the time zero.
type Position struct {
	At time.Time
	ID uint64
}

// Page is what a caller asks of a list.
type Page struct {
	After Position // where the previous page ended; zero for the first page
	Limit int
}

// Listed is a page of a list.
type Listed[Row any] struct {
	Rows []Row
	// Next is where the next page begins; nil at the end of the list. A page may have fewer rows than its limit, or none, and a next one.
	Next *Position
}

// cursorBody is a position as bytes. Version changes with the form, so that a cursor of another release is refused rather than misread.
type cursorBody struct {
	Version uint8
	Micros  int64 // since 1970; 0 for a list in the order of ids
	ID      uint64
}

const (
	cursorVersion = 1
	// cursorMAC is how many bytes of the hash a cursor has: 96 bits, more than anybody can try over HTTP.
	cursorMAC = 12
)

// ErrNoPosition says that a cursor was not made by this installation for the list that it was sent to.
var ErrNoPosition = errors.New("the cursor belongs to another list")

// Cursor writes a position as text. binding is what the list is: its name, its filters, whose rows it has. Only Position with the same
// binding reads the cursor, so that a cursor never leads into another list.
func (i Installation) Cursor(binding string, p Position) string {
	body := cursorBody{Version: cursorVersion, ID: p.ID}
	if !p.At.IsZero() {
		body.Micros = p.At.UnixMicro()
	}
	var out bytes.Buffer
	_ = binary.Write(&out, binary.BigEndian, body) // a buffer takes everything
	out.Write(i.cursorMAC(binding, out.Bytes()))
	return base64.RawURLEncoding.EncodeToString(out.Bytes())
}

// Position reads a cursor. Error: ErrNoPosition.
func (i Installation) Position(binding, cursor string) (Position, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	var body cursorBody
	size := binary.Size(body)
	if err != nil || len(text) != size+cursorMAC || !hmac.Equal(text[size:], i.cursorMAC(binding, text[:size])) {
		return Position{}, ErrNoPosition
	}
	_, err = binary.Decode(text, binary.BigEndian, &body)
	if err != nil || body.Version != cursorVersion {
		return Position{}, ErrNoPosition
	}
	position := Position{ID: body.ID}
	if body.Micros != 0 {
		position.At = time.UnixMicro(body.Micros).UTC()
	}
	return position, nil
}

func (i Installation) cursorMAC(binding string, body []byte) []byte {
	return derivation{i.secret, []string{binding, string(body)}}.sum("cursor")[:cursorMAC]
}
