package mailbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
)

// Stage is the point of an SMTP exchange at which a fault strikes.
type Stage string

// The stages, in the order of an exchange.
const (
	StageHello Stage = "hello" // the answer to EHLO
	StageAuth  Stage = "auth"  // the answer to the login
	StageMail  Stage = "mail"  // the answer to MAIL FROM
	StageRcpt  Stage = "rcpt"  // the answer to RCPT TO
	StageData  Stage = "data"  // the answer to the whole message
)

// Fault is one misbehaviour. Exactly one of Code, Hang and Drop is set.
type Fault struct {
	Stage Stage `json:"stage"`
	// Code is answered instead of success: 421 and 450 are temporary, 550 is permanent. After 421 the connection is closed.
	Code int    `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
	// Hang never answers: the client's own time-out has to end it.
	Hang bool `json:"hang,omitempty"`
	// Drop closes the connection without an answer.
	Drop bool `json:"drop,omitempty"`
	// Keep, at StageData, takes the message before misbehaving: the client cannot know that it arrived.
	Keep bool `json:"keep,omitempty"`
	// To limits the fault to mails for this recipient, so that tests can share a mailbox. At the stages before RCPT no
	// recipient is known, so a fault with To strikes only at StageRcpt and StageData.
	To string `json:"to,omitempty"`
	// Times is how many exchanges it strikes; 0 means once, -1 always.
	Times int `json:"times,omitempty"`
}

func (f Fault) validate() error {
	stages := []Stage{StageHello, StageAuth, StageMail, StageRcpt, StageData}
	if !slices.Contains(stages, f.Stage) {
		return fmt.Errorf("stage: %q is none of %v", f.Stage, stages)
	}
	kinds := 0
	for _, set := range []bool{f.Code != 0, f.Hang, f.Drop} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		return fmt.Errorf("fault at %s: set exactly one of code, hang and drop", f.Stage)
	}
	if f.Code != 0 && (f.Code < 400 || f.Code > 599) {
		return fmt.Errorf("code: %d is no SMTP error; use 400 to 599", f.Code)
	}
	if f.Keep && f.Stage != StageData {
		return fmt.Errorf("keep: a message can be kept only at stage %s", StageData)
	}
	if f.To != "" && f.Stage != StageRcpt && f.Stage != StageData {
		return fmt.Errorf("to: no recipient is known at stage %s", f.Stage)
	}
	return nil
}

// Script adds faults, which strike in the order given, each at its own stage. It replaces nothing; see ClearScript.
func (m *Mailbox) Script(faults ...Fault) error {
	for _, fault := range faults {
		if err := fault.validate(); err != nil {
			return fmt.Errorf("mailbox script: %w", err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, fault := range faults {
		if fault.Times == 0 {
			fault.Times = 1
		}
		m.faults = append(m.faults, fault)
	}
	return nil
}

// ClearScript forgets the faults that have not struck yet.
func (m *Mailbox) ClearScript() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = nil
}

// takeFault uses up the next fault that applies.
func (m *Mailbox) takeFault(stage Stage, recipients []string) (Fault, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, fault := range m.faults {
		if fault.Stage != stage || !fault.appliesTo(recipients) {
			continue
		}
		switch {
		case fault.Times == 1:
			m.faults = slices.Delete(m.faults, i, i+1)
		case fault.Times > 1:
			m.faults[i].Times--
		}
		return fault, true
	}
	return Fault{}, false
}

func (f Fault) appliesTo(recipients []string) bool {
	return f.To == "" || slices.ContainsFunc(recipients, func(to string) bool { return strings.EqualFold(to, f.To) })
}

func (f Fault) text() string {
	if f.Text == "" {
		return "Scripted fault"
	}
	return f.Text
}

// smtpError is the answer of a fault that has a code.
func (f Fault) smtpError() *smtp.SMTPError {
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: f.text()}
}
