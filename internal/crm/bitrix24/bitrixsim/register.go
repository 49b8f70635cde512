package bitrixsim

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Call is a call that the portal knows of; only finished ones are in the
// statistics.
type Call struct {
	ID           int    `json:"id"` // of its row in the statistics, 0 before it is finished
	CallID       string `json:"call_id"`
	External     string `json:"external_call_id"`
	User         int64  `json:"user"`
	Phone        string `json:"phone"`
	Type         int    `json:"type"` // 1 outgoing, 2 incoming
	Line         string `json:"line"`
	Start        string `json:"start"` // as it was sent
	Duration     int    `json:"duration"`
	Status       string `json:"status"`
	EntityType   string `json:"entity_type"`
	Entity       int    `json:"entity"`
	Activity     int    `json:"activity"`
	File         int    `json:"file"`
	FileName     string `json:"file_name"`
	FileSHA256   string `json:"file_sha256"`
	Shown        bool   `json:"shown"`
	Chats        int    `json:"chats"` // notices in the chat
	LeadMade     bool   `json:"lead_made"`
	FinishedUser int64  `json:"finished_user"`

	start      time.Time
	registered time.Time
	finished   time.Time
	app        string
	dedup      string
}

const (
	userInactive  = "User is not found or is not active"
	notRegistered = "Call is not found (call should be registered prior to finishing"
	dedupFor      = 30 * time.Minute
)

// userOf finds the active user that a request names.
func (p *Portal) userOf(q params) (User, *failure) {
	id, inner := q.text("USER_ID"), q.text("USER_PHONE_INNER")
	if id == "" && inner == "" {
		return User{}, p.core("USER_ID or USER_PHONE_INNER should be set")
	}
	for _, u := range p.users {
		if u.Active && (id != "" && strconv.FormatInt(u.ID, 10) == id || id == "" && u.Inner == inner) {
			return u, nil
		}
	}
	return User{}, p.core(userInactive)
}

var (
	phonePattern = regexp.MustCompile(`^\+?[0-9][0-9 ()-]*$`)
	notDigits    = regexp.MustCompile(`[^0-9]`)
)

func digits(s string) string { return notDigits.ReplaceAllString(s, "") }

func (p *Portal) register(c *caller, q params) (answer, *failure) {
	u, bad := p.userOf(q)
	if bad != nil {
		return answer{}, bad
	}
	kind := q.number("TYPE", 0)
	if kind < 1 || kind > 5 {
		return answer{}, p.core("Unknown TYPE")
	}
	start := p.now()
	if text := q.text("CALL_START_DATE"); text != "" {
		var err error
		// Whether Z is taken is not documented: it is refused.
		if start, err = time.Parse("2006-01-02T15:04:05-07:00", text); err != nil || strings.HasSuffix(text, "Z") {
			return answer{}, p.core("CALL_START_DATE should be in the ISO-8601 format")
		}
	}
	number := q.text("PHONE_NUMBER")
	if !phonePattern.MatchString(number) {
		return answer{}, p.core("Unsupported phone number format")
	}
	key := strings.Join([]string{number, q.text("TYPE"), q.text("USER_ID"), q.text("USER_PHONE_INNER"), q.text("LINE_NUMBER"), q.text("EXTERNAL_CALL_ID")}, "\x00")
	if old := p.duplicate(c.app, key); old != nil {
		return answer{result: old.registration()}, nil
	}
	n := len(p.calls) + 1
	call := &Call{
		CallID:   fmt.Sprintf("externalCall.%s.%d", secret("call", n)[:32], p.now().Unix()),
		External: q.text("EXTERNAL_CALL_ID"), User: u.ID, Phone: digits(number), Type: int(kind), Line: q.text("LINE_NUMBER"),
		Start: q.text("CALL_START_DATE"), start: start, registered: p.now(), app: c.app, dedup: key,
		Shown: q.number("SHOW", 1) == 1,
	}
	if q.number("ADD_TO_CHAT", 1) == 1 {
		call.Chats++
	}
	p.bindClient(call, u.ID, q)
	p.calls = append(p.calls, call)
	return answer{result: call.registration()}, nil
}

// duplicate is the call that a registration stands for already.
func (p *Portal) duplicate(app, key string) *Call {
	for _, old := range slices.Backward(p.calls) {
		if p.now().Sub(old.registered) >= dedupFor {
			return nil
		}
		if old.app == app && old.dedup == key && (old.ID == 0 || p.opts.DedupFinished) {
			return old
		}
	}
	return nil
}

// bindClient finds the client of a call, or makes a lead.
func (p *Portal) bindClient(call *Call, user int64, q params) {
	if t := q.text("CRM_ENTITY_TYPE"); t != "" {
		call.EntityType, call.Entity = t, int(q.number("CRM_ENTITY_ID", 0))
		return
	}
	if known := p.clientsOf(call.Phone); len(known) > 0 {
		call.EntityType, call.Entity = known[0].Type, known[0].ID
		return
	}
	auto, isLine := p.lines[call.Line]
	if q.number("CRM_CREATE", 0) != 1 && (!isLine || !auto || call.Type != 1) {
		return
	}
	p.entities++
	p.clients = append(p.clients, Client{Type: "LEAD", ID: p.entities, Phone: call.Phone, Responsible: user, Made: true, Source: q.text("CRM_SOURCE")})
	call.EntityType, call.Entity, call.LeadMade = "LEAD", p.entities, true
}

func (p *Portal) clientsOf(phone string) []Client {
	var found []Client
	for _, c := range p.clients {
		if digits(c.Phone) == phone {
			found = append(found, c)
		}
	}
	return found
}

func (c *Call) registration() map[string]any {
	r := map[string]any{
		"CALL_ID": c.CallID, "CRM_CREATED_LEAD": nil, "CRM_CREATED_ENTITIES": []any{},
		"CRM_ENTITY_TYPE": c.EntityType, "CRM_ENTITY_ID": nil,
	}
	if c.Entity > 0 {
		r["CRM_ENTITY_ID"] = c.Entity
	}
	if c.LeadMade {
		r["CRM_CREATED_LEAD"] = c.Entity
		r["CRM_CREATED_ENTITIES"] = []map[string]any{{"ENTITY_TYPE": "LEAD", "ENTITY_ID": c.Entity}}
	}
	return r
}

func (p *Portal) find(callID string) *Call {
	for _, call := range slices.Backward(p.calls) {
		if call.CallID == callID {
			return call
		}
	}
	return nil
}

func (p *Portal) finish(c *caller, q params) (answer, *failure) {
	if _, ok := q["CALL_ID"].(string); !ok {
		return answer{}, fail(400, "INVALID_ARGUMENT", "CALL_ID must be a string")
	}
	u, bad := p.userOf(q)
	if bad != nil {
		return answer{}, bad
	}
	call := p.find(q.text("CALL_ID"))
	if call == nil || call.ID > 0 || p.opts.RegistrationLife > 0 && p.now().Sub(call.registered) > p.opts.RegistrationLife {
		return answer{}, p.core(notRegistered)
	}
	p.rows++
	p.activities++
	call.ID, call.Activity, call.FinishedUser, call.finished = p.rows, p.activities, u.ID, p.now()
	call.Duration, call.Status = int(q.number("DURATION", 0)), q.text("STATUS_CODE")
	if call.Status == "" {
		call.Status = "304"
		if call.Duration > 0 {
			call.Status = "200"
		}
	}
	chat := int64(1)
	if p.opts.FinishSilently {
		chat = 0
	}
	if q.number("ADD_TO_CHAT", chat) == 1 {
		call.Chats++
	}
	done := 0
	if call.Status == "200" {
		done = 1
	}
	var entity any
	if call.Entity > 0 {
		entity = call.Entity
	}
	return answer{result: map[string]any{
		"ID": call.ID, "CALL_ID": call.CallID, "EXTERNAL_CALL_ID": call.External, "PORTAL_USER_ID": u.ID, "PHONE_NUMBER": call.Phone,
		"PORTAL_NUMBER": call.Line, "INCOMING": strconv.Itoa(call.Type), "CALL_DURATION": call.Duration, "CALL_START_DATE": map[string]any{},
		"CALL_STATUS": done, "CALL_VOTE": nil, "COST": 0, "COST_CURRENCY": "", "CALL_FAILED_CODE": call.Status, "CALL_FAILED_REASON": "",
		"REST_APP_ID": "3", "REST_APP_NAME": "PBX link", "CRM_ACTIVITY_ID": call.Activity, "COMMENT": nil,
		"CRM_ENTITY_TYPE": call.EntityType, "CRM_ENTITY_ID": entity,
	}}, nil
}
