package disputes

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

// maxDraftForm is above all files and texts that a draft may have.
const maxDraftForm = 7 << 20

func addDrafts(site *page.Site) {
	at := draftPath("{id}")
	site.Get(at, showDraft)
	site.PostFiles(at, maxDraftForm, saveDraft)
	site.Post(at+"/remove", removeFile)
	site.Get(at+"/submit", showSubmit)
	site.Post(at+"/submit", submit)
}

// draft is what the pages show of GET /v1/disputes/{id}/evidence-draft.
type draft struct {
	DisputeID, Reference, Status, Reason, State string
	Amount                                      money.Money
	DueBy                                       *time.Time
	Revision                                    uint32
	Texts, Suggested                            map[string]string
	Files                                       []file
	Bytes, Pages                                int
	Fields                                      []field
	Recommended                                 []string
	Limits                                      struct{ Characters, Bytes, Pages int }
	EditedAt, SubmittedAt, TakenAt              *time.Time
	EditedBy, SubmittedBy                       string
	Refused                                     *struct {
		At     time.Time
		Reason string
	}
}

type file struct {
	Field, Name, ContentType string
	Bytes, Pages             int
}

type field struct {
	Name          string
	File          bool
	MaxCharacters int
}

func (f field) long() bool { return f.MaxCharacters > 5_000 }

// of is the file of a field; nil for none.
func (d draft) of(field string) *file {
	for i := range d.Files {
		if d.Files[i].Field == field {
			return &d.Files[i]
		}
	}
	return nil
}

// parts are the fields that Stripe recommends, with those that have something, and the others.
func (d draft) parts() (first, others []field) {
	for _, f := range d.Fields {
		if slices.Contains(d.Recommended, f.Name) || d.Texts[f.Name] != "" || d.of(f.Name) != nil {
			first = append(first, f)
		} else {
			others = append(others, f)
		}
	}
	return first, others
}

// prefilled is a text of the form: what was saved, and what the books suggest before anything was.
func (d draft) prefilled(field string) string {
	if d.State == "none" {
		return d.Suggested[field]
	}
	return d.Texts[field]
}

// editable reports whether the person may change the draft.
func (d draft) editable(r *page.Request) bool {
	return (d.State == "none" || d.State == "draft") && d.awaited() && mayAnswer(r)
}

func (d draft) awaited() bool {
	return d.Status == "needs_response" || d.Status == "warning_needs_response"
}

func mayAnswer(r *page.Request) bool {
	return r.Person.May(access.DisputesWrite) && r.Person.May(access.OperationsWrite)
}

func (d draft) path() string { return draftPath(d.DisputeID) }

// draftPath is the page of a dispute's draft.
func draftPath(id string) string { return path + "/" + id + "/draft" }

func readDraft(r *page.Request) (d draft, err error) {
	err = r.API.Get(r.Context(), draftAPI(r), nil, &d)
	return d, err
}

func draftAPI(r *page.Request) string { return apiPath + "/" + r.PathValue("id") + "/evidence-draft" }

func showDraft(r *page.Request) (templ.Component, error) {
	d, err := readDraft(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("evidence.page", "ID", d.DisputeID), draftPage(r, d)), nil
}

// saveDraft saves the texts, and then adds each file that was chosen. What was saved before a refusal stays.
func saveDraft(r *page.Request) (string, error) {
	revision, err := strconv.ParseUint(r.Field("revision"), 10, 32)
	if err != nil {
		return "", badForm(r, "revision")
	}
	texts := map[string]string{}
	for field := range r.PostForm {
		name, isText := strings.CutPrefix(field, "texts.")
		text := r.Field(field)
		if isText && text != "" {
			texts[name] = text
		}
	}
	key := keyOf(r, revision)
	body := map[string]any{"texts": texts, "revision": revision}
	if err := r.API.Send(r.Context(), http.MethodPost, draftAPI(r), key+"/texts", body, nil); err != nil {
		return "", err
	}
	if err := addChosen(r, key); err != nil {
		return "", err
	}
	shown := draftPath(r.PathValue("id"))
	if r.Field("then") == "submit" {
		return shown + "/submit", nil
	}
	return shown + "?done=saved", nil
}

// keyOf begins the idempotency keys of what the form does. A form that is shown again keeps its key and has the revision of what was saved
// meanwhile, so it asks for another change.
func keyOf(r *page.Request, revision uint64) string {
	return r.Key() + "/" + strconv.FormatUint(revision, 10)
}

// addChosen adds each file that was chosen for a field. key begins its idempotency key.
func addChosen(r *page.Request, key string) error {
	if r.MultipartForm == nil {
		return nil
	}
	for _, input := range slices.Sorted(maps.Keys(r.MultipartForm.File)) {
		field, isFile := strings.CutPrefix(input, "files.")
		if !isFile {
			continue
		}
		for _, chosen := range r.MultipartForm.File[input] {
			if chosen.Size == 0 && chosen.Filename == "" {
				continue
			}
			if err := addFile(r, field, key, chosen); err != nil {
				return err
			}
		}
	}
	return nil
}

func addFile(r *page.Request, field, key string, chosen *multipart.FileHeader) error {
	content, err := readChosen(chosen)
	if err != nil {
		return err
	}
	kind := http.DetectContentType(content)
	if kind != "application/pdf" && kind != "image/png" && kind != "image/jpeg" {
		return caller.RefusedField("files."+field, r.T("evidence.wrong.type"))
	}
	target := draftAPI(r) + "/files/" + url.PathEscape(field)
	return r.API.SendFile(r.Context(), target, url.Values{"name": {chosen.Filename}}, key+"/"+field, kind, content)
}

func readChosen(chosen *multipart.FileHeader) (content []byte, err error) {
	opened, err := chosen.Open()
	if err != nil {
		return nil, fmt.Errorf("read a chosen file: %w", err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return io.ReadAll(opened)
}

func removeFile(r *page.Request) (string, error) {
	target := draftAPI(r) + "/files/" + url.PathEscape(r.Field("field")) + "/remove"
	err := r.API.Send(r.Context(), http.MethodPost, target, r.Key(), nil, nil)
	return draftPath(r.PathValue("id")) + "?done=removed", err
}

func showSubmit(r *page.Request) (templ.Component, error) {
	d, err := readDraft(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("evidence.submit.title", "ID", d.DisputeID), submitPage(r, d)), nil
}

// submit sends the evidence to the bank, once. The amount is typed to confirm it.
func submit(r *page.Request) (string, error) {
	revision, err := strconv.ParseUint(r.Field("revision"), 10, 32)
	if err != nil {
		return "", badForm(r, "revision")
	}
	body := map[string]any{"confirm": r.Field("confirm"), "revision": revision}
	err = r.API.Send(r.Context(), http.MethodPost, draftAPI(r)+"/submit", r.Key(), body, nil)
	return draftPath(r.PathValue("id")) + "?done=submitted", err
}

func badForm(r *page.Request, name string) error {
	return caller.RefusedField(name, r.T("evidence.wrong.form"))
}

func megabytes(size int) string { return strconv.FormatFloat(float64(size)/1e6, 'f', 1, 64) + " MB" }
