package bitrix24

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// wording is what a task says, in one language.
type wording struct {
	title, missed, voicemail, line string
	time                           string
}

var (
	english = wording{
		title: "Call back %s", missed: "A call from %s at %s was missed.", voicemail: "A call from %s at %s went to voicemail.",
		line: "Line: %s", time: "15:04 on 2 January 2006",
	}
	russian = wording{
		title: "Перезвонить %s", missed: "Пропущенный звонок от %s, %s.", voicemail: "Звонок от %s, %s, принят голосовой почтой.",
		line: "Линия: %s", time: "02.01.2006 15:04",
	}
)

// wordingFor is the language of a portal, told by its address.
func wordingFor(address string) wording {
	u, err := url.Parse(address)
	if err != nil {
		return english
	}
	host := strings.ToLower(u.Hostname())
	if slices.ContainsFunc([]string{".ru", ".by", ".kz"}, func(end string) bool { return strings.HasSuffix(host, end) }) {
		return russian
	}
	return english
}

// taskFields are the fields of the task for a missed call
// (https://apidocs.bitrix24.com/api-reference/tasks/fields.html). The key stands
// in XML_ID and at the end of the description, where the task is known by it.
func (t *Target) taskFields(p *crm.Parcel, part policy.Part, client *entity, responsible, creator int64) map[string]any {
	ended := p.Call.EndedAt.Time
	if ended.IsZero() {
		ended = p.Call.StartedAt.Time
	}
	fields := map[string]any{
		"TITLE":          fmt.Sprintf(t.wording.title, phone(part.Client)),
		"DESCRIPTION":    t.describe(p, part),
		"RESPONSIBLE_ID": responsible,
		"DEADLINE":       ended.Add(t.settings.Tasks.Deadline).Format(startLayout),
		"XML_ID":         p.Key,
	}
	if creator > 0 {
		fields["CREATED_BY"] = creator
	}
	if client != nil && client.link() != "" {
		fields["UF_CRM_TASK"] = []string{client.link()}
	}
	return fields
}

func (t *Target) describe(p *crm.Parcel, part policy.Part) string {
	format := t.wording.missed
	if part.Result == call.Voicemail {
		format = t.wording.voicemail
	}
	text := fmt.Sprintf(format, phone(part.Client), part.Start.Format(t.wording.time))
	if part.Line != "" {
		text += "\n" + fmt.Sprintf(t.wording.line, part.Line)
	}
	return text + "\n" + signature(p)
}

// signature is the last line of a task's description.
func signature(p *crm.Parcel) string { return "Ringback " + p.Key }
