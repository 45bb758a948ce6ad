package mailbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
)

// Stage is the point of an SMTP exchange at which a fault occurs.
type Stage string

// The stages, in the order of an exchange.
const (
	StageHello Stage = "hello" // the response to EHLO
	StageAuth  Stage = "auth"  // the response to AUTH
	StageMail  Stage = "mail"  // the response to MAIL FROM
	StageRcpt  Stage = "rcpt"  // the response to RCPT TO
	StageData  Stage = "data"  // the response to the whole message
)

// Fault is one scripted failure. Exactly one of Code, Hang and Drop is set.
type Fault struct {
	Stage Stage `json:"stage"`
	// Code is sent instead of success: 421 and 450 are temporary, 550 is permanent. After 421 the connection is closed.
	Code int    `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
	// Hang sends no response, so that the client's timeout ends the exchange.
	Hang bool `json:"hang,omitempty"`
	// Drop closes the connection without a response.
	Drop bool `json:"drop,omitempty"`
	// Keep, at StageData, stores the message before the failure: the client cannot know that it arrived.
	Keep bool `json:"keep,omitempty"`
	// To limits the fault to emails for this recipient, so that tests can share a mailbox. The recipient is unknown before
	// RCPT, so a fault with To is valid at StageRcpt and StageData only.
	To string `json:"to,omitempty"`
	// Times is the number of exchanges that fail; 0 means one, -1 all.
	Times int `json:"times,omitempty"`
}

func (f Fault) validate() error {
	stages := []Stage{StageHello, StageAuth, StageMail, StageRcpt, StageData}
	if !slices.Contains(stages, f.Stage) {
		return fmt.Errorf("stage: invalid %q, must be one of %v", f.Stage, stages)
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
		return fmt.Errorf("code: %d is not an SMTP error, must be 400 to 599", f.Code)
	}
	if f.Keep && f.Stage != StageData {
		return fmt.Errorf("keep: a message can be kept only at stage %s", StageData)
	}
	if f.To != "" && f.Stage != StageRcpt && f.Stage != StageData {
		return fmt.Errorf("to: no recipient is known at stage %s", f.Stage)
	}
	return nil
}

// Script appends faults to the script. Within a stage they occur in the order given. ClearScript removes them.
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

// ClearScript removes the faults that have not occurred yet.
func (m *Mailbox) ClearScript() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = nil
}

// takeFault returns the next fault of a stage for these recipients and counts it down.
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

// smtpError is the response of a fault with a Code.
func (f Fault) smtpError() *smtp.SMTPError {
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: f.text()}
}
