package mailbox

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed page/*.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "page/*.html"))

// handler serves the web page and the JSON API:
//
//	GET    /                     the list, newest first; ?to= filters by recipient
//	GET    /messages/{id}        one email
//	GET    /messages/{id}/html   its HTML part only, which the page shows in a sandboxed frame
//	GET    /api/messages         JSON, oldest first; ?to= filters by recipient
//	GET    /api/messages/{id}    JSON
//	DELETE /api/messages         remove all
//	POST   /api/faults           append one Fault or a list of them to the script
//	DELETE /api/faults           clear the script
func (m *Mailbox) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.listPage)
	mux.HandleFunc("GET /messages/{id}", m.messagePage)
	mux.HandleFunc("GET /messages/{id}/html", m.messageHTML)
	mux.HandleFunc("GET /api/messages", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, m.messagesFor(r.URL.Query().Get("to")))
	})
	mux.HandleFunc("GET /api/messages/{id}", func(w http.ResponseWriter, r *http.Request) {
		if message, ok := m.find(w, r); ok {
			writeJSON(w, message)
		}
	})
	mux.HandleFunc("DELETE /api/messages", func(w http.ResponseWriter, _ *http.Request) {
		m.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /api/faults", m.postFaults)
	mux.HandleFunc("DELETE /api/faults", func(w http.ResponseWriter, _ *http.Request) {
		m.ClearScript()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func (m *Mailbox) listPage(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	messages := m.messagesFor(to)
	slices.Reverse(messages)
	render(w, "list.html", struct {
		To       string
		Messages []Message
	}{to, messages})
}

func (m *Mailbox) messagePage(w http.ResponseWriter, r *http.Request) {
	if message, ok := m.find(w, r); ok {
		render(w, "message.html", message)
	}
}

// messageHTML serves HTML that is not trusted: the policy forbids scripts, forms, remote content and an origin.
func (m *Mailbox) messageHTML(w http.ResponseWriter, r *http.Request) {
	message, ok := m.find(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(message.HTML)) // fails only if the browser has disconnected
}

func (m *Mailbox) postFaults(w http.ResponseWriter, r *http.Request) {
	var raw json.RawMessage
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&raw); err != nil {
		http.Error(w, "faults: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !strings.HasPrefix(strings.TrimSpace(string(raw)), "[") {
		raw = json.RawMessage("[" + string(raw) + "]")
	}
	var faults []Fault
	err := json.Unmarshal(raw, &faults)
	if err == nil {
		err = m.Script(faults...)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (m *Mailbox) messagesFor(to string) []Message {
	messages := m.Messages()
	if to == "" {
		return messages
	}
	return slices.DeleteFunc(messages, func(message Message) bool {
		return !slices.ContainsFunc(message.To, func(rcpt string) bool { return strings.EqualFold(rcpt, to) })
	})
}

func (m *Mailbox) find(w http.ResponseWriter, r *http.Request) (Message, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err == nil {
		messages := m.Messages()
		if i := slices.IndexFunc(messages, func(message Message) bool { return message.ID == id }); i >= 0 {
			return messages[i], true
		}
	}
	http.Error(w, "no such message", http.StatusNotFound)
	return Message{}, false
}

func render(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'")
	_ = pages.ExecuteTemplate(w, name, data) // the templates are tested: it fails only if the browser has disconnected
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
