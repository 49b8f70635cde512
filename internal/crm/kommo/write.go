package kommo

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"ringback/internal/crm"
)

// readyLink is the link to the call's recording if that is ready by now.
func (j *job) readyLink(ctx context.Context) string {
	if !j.linked(j.parcel) {
		return ""
	}
	if _, err := j.services.Recordings.Of(ctx, j.parcel.Call); err != nil {
		// The step that adds the link says what is wrong.
		return ""
	}
	return j.address()
}

// onlyLink is the link for what cannot be changed later: also that of a
// recording that is not ready yet, but not of one that is lost.
func (j *job) onlyLink(ctx context.Context) string {
	if !j.linked(j.parcel) {
		return ""
	}
	_, err := j.services.Recordings.Of(ctx, j.parcel.Call)
	if _, wait := errors.AsType[*crm.NotYetError](err); err != nil && !wait {
		return ""
	}
	return j.address()
}

func (j *job) address() string {
	link, err := j.services.Recordings.Link(j.parcel.Call)
	if err != nil {
		return ""
	}
	return link
}

// postNote writes the call on the client.
func (j *job) postNote(ctx context.Context) error {
	link := j.readyLink(ctx)
	created, err := j.post(ctx, string(j.memo.Kind)+"/notes", "notes", j.noteBody(link))
	if err != nil {
		return j.tolerate(err)
	}
	if created.ID == 0 {
		return odd("note")
	}
	j.memo.Note, j.memo.Revision, j.memo.Linked = created.ID, j.parcel.Revision, link != ""
	return nil
}

// kinds are the kinds of entity as answers of /calls name them.
var kinds = map[string]kind{"contact": contacts, "company": companies, "lead": leads, "customer": customers}

// postCall leaves it to the CRM on whom of the client's entities it writes the
// call.
func (j *job) postCall(ctx context.Context) error {
	link := j.readyLink(ctx)
	created, err := j.post(ctx, "calls", "calls", j.callBody(link))
	r, ok := errors.AsType[*rejection](err)
	switch {
	case ok && slices.ContainsFunc(r.problem.Errors, itemError.notFound):
		// Whom Ringback has found, the CRM has not: then it is told.
		j.memo.NoLog = true
		return nil
	case err != nil:
		return j.tolerate(err)
	case created.ID == 0:
		return odd("call")
	}
	if k, ok := kinds[created.Type]; ok {
		j.memo.Kind, j.memo.ID = k, created.Entity
	}
	j.memo.Note, j.memo.Revision, j.memo.Linked = created.ID, j.parcel.Revision, link != ""
	return nil
}

// patchLink adds the link once the recording is ready.
func (j *job) patchLink(ctx context.Context) error {
	_, err := j.services.Recordings.Of(ctx, j.parcel.Call)
	if wait, ok := errors.AsType[*crm.NotYetError](err); ok {
		return &crm.Error{Class: crm.Unavailable, Until: wait.Again, Reason: "the recording is not ready yet", Err: err}
	}
	if errors.Is(err, crm.ErrNoRecording) {
		return &crm.Error{Class: crm.Refused, Reason: "the recording is lost", Hint: "see that the PBX's recordings are where [pbx.recordings] says", Err: err}
	}
	if err != nil {
		return &crm.Error{Class: crm.Refused, Reason: "the recording cannot be made ready: " + err.Error(), Err: err}
	}
	link, err := j.services.Recordings.Link(j.parcel.Call)
	if err != nil {
		return &crm.Error{Class: crm.Refused, Reason: "there is no link to the recording", Err: err}
	}
	return j.patch(ctx, link)
}

// patchNote brings a note up to date with a call that has changed.
func (j *job) patchNote(ctx context.Context) error {
	link := j.readyLink(ctx)
	if link == "" && j.memo.Linked {
		link = j.address()
	}
	return j.patch(ctx, link)
}

// patch sends all of a note's parameters: those left out would be lost.
func (j *job) patch(ctx context.Context, link string) error {
	it := &item{note: j.memo.Note, body: patchBody{j.memo.Note, j.params(link)}}
	if err := j.write(ctx, http.MethodPatch, string(j.memo.Kind)+"/notes", "notes", it); err != nil {
		r, ok := errors.AsType[*rejection](err)
		if !ok || !r.names("call_responsible") || j.user() == 0 {
			return err
		}
		j.memo.User = new(int64)
		return nil
	}
	j.memo.Revision, j.memo.Linked = j.parcel.Revision, link != ""
	return nil
}
