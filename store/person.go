package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// Person is somebody who signs in to the console: one subject of one issuer. A client stands for each, so that what somebody asks for is
// audited, limited and approved as what a client asks for: two people are two operators, and one person is the same operator whichever
// browser is used. The client's key has no token, and is revoked from its beginning, so that nobody uses it over the network.
type Person struct {
	Issuer, Subject string
	// Name is for display.
	Name string
	// Key is the key that stands for the person (ak_...).
	Key  string
	Role access.Role
}

type personRow struct {
	ID         uint64
	Issuer     string
	Subject    string
	APIKeyID   uint64 `gorm:"column:api_key_id"`
	Name       string
	Role       string
	SignedInAt time.Time
	CreatedAt  time.Time
}

func (personRow) TableName() string { return "console_people" }

const (
	// maxPersonName is what fits into the name of a client, beside the client's id.
	maxPersonName = 80
	// signInAttempts: two first sign-ins of one person at once both find nobody; the second attempt finds the person.
	signInAttempts = 2
)

// SignIn records that somebody has signed in, with the role that the issuer gives, and returns who it is. The first time, it makes the
// client and the key that stand for the person. A repetition writes the time again and one more line of the audit log.
func (s *Store) SignIn(ctx context.Context, in Person, correlationID string) (Person, error) {
	in.Name = db.Truncate(in.Name, maxPersonName)
	var err error
	for range signInAttempts {
		now := s.Now()
		err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
			var err error
			in.Key, err = signIn(tx, in, correlationID, now)
			return err
		})
		if !db.DuplicateKey(err) {
			return in, err
		}
	}
	return in, db.DamagedIndex(err)
}

// signIn returns the key of the person.
func signIn(tx *gorm.DB, in Person, correlationID string, now time.Time) (string, error) {
	var known []personRow
	err := tx.Where("issuer = ? AND subject = ?", in.Issuer, in.Subject).Find(&known).Error
	if err != nil {
		return "", err
	}
	var key apiKeyRow
	var row personRow
	if len(known) == 0 {
		if row, key, err = newPerson(tx, in, correlationID, now); err != nil {
			return "", err
		}
	} else {
		row = known[0]
		if err := tx.Where("id = ?", row.APIKeyID).Take(&key).Error; err != nil {
			return "", err
		}
		row.Name, row.Role, row.SignedInAt = in.Name, string(in.Role), now
		if err := db.Save(tx, &row, "name", "role", "signed_in_at"); err != nil {
			return "", err
		}
	}
	name := db.OrEmpty(key.KeyID)
	caller := Caller{Owner: Owner{ClientID: db.IDOrZero(key.ClientID)}, KeyID: key.ID, KeyName: name, Person: in.Name}
	return name, audit(tx, now, AuditEntry{
		Actor: caller.Actor(correlationID), Action: ActionSignIn, Subject: name, Detail: "role " + string(in.Role),
	})
}

// newPerson makes a client, its key without scopes and without a token, and the person.
func newPerson(tx *gorm.DB, in Person, correlationID string, now time.Time) (personRow, apiKeyRow, error) {
	by := access.Actor{Name: "console", CorrelationID: correlationID}
	clientID := access.NewClientID()
	client := clientRow{
		ClientID: clientID, Name: fmt.Sprintf("%s (console %s)", in.Name, clientID), CreatedBy: by.Name, CreatedAt: now,
	}
	if err := tx.Create(&client).Error; err != nil {
		return personRow{}, apiKeyRow{}, err
	}
	if err := audit(tx, now, AuditEntry{Actor: by, Action: ActionClientCreate, Subject: clientID, Detail: client.Name}); err != nil {
		return personRow{}, apiKeyRow{}, err
	}
	key, err := insertAPIKey(tx, client, NewAPIKey{}, unusableToken(), by, now)
	if err != nil {
		return personRow{}, apiKeyRow{}, err
	}
	key.RevokedAt = &now
	if err := db.Save(tx, &key, "revoked_at"); err != nil {
		return personRow{}, apiKeyRow{}, err
	}
	row := personRow{
		Issuer: in.Issuer, Subject: in.Subject, APIKeyID: key.ID, Name: in.Name, Role: string(in.Role), SignedInAt: now, CreatedAt: now,
	}
	return row, key, tx.Create(&row).Error
}

// unusableToken is the token of a key that nobody presents: only its hash is kept.
func unusableToken() string { return "console_" + rand.Text() }

// CallerOf finds the caller that stands for somebody in the console, by the key that SignIn has returned. ErrNotFound covers an unknown
// key, one that stands for nobody, and somebody whose client is disabled. The scopes are those of the person's role, not of the key.
func (s *Store) CallerOf(ctx context.Context, person Person) (Caller, error) {
	presented, err := s.presentedKey(ctx, "k.key_id = ? AND EXISTS (SELECT 1 FROM console_people p WHERE p.api_key_id = k.id)", person.Key)
	if err != nil {
		return Caller{}, err
	}
	if presented.Key.ClientID == nil || presented.Client.DisabledAt != nil {
		return Caller{}, ErrNotFound
	}
	caller := presented.caller(s.Now())
	caller.Person, caller.Role, caller.Scopes = person.Name, person.Role, person.Role.Scopes()
	return caller, nil
}
