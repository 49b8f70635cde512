package bitrixsim_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"ringback/internal/crm/bitrix24/bitrixsim"
)

const (
	addTask      = "tasks.task.add"
	listTasks    = "tasks.task.list"
	getTask      = "tasks.task.get"
	completeTask = "tasks.task.complete"
)

func TestATaskNeedsWhatThePortalDemands(t *testing.T) {
	h := open(t, bitrixsim.Options{Rate: 100, Burst: 1000})
	h.portal.AddUser(bitrixsim.User{ID: 9})
	h.expect(addTask, `{}`, 400, `Could not find value for parameter {fields}`)
	h.expect(addTask, `{"fields":{"RESPONSIBLE_ID":1}}`, 400, "title not specified")
	h.expect(addTask, `{"fields":{"TITLE":"a"}}`, 400, "Assignee not specified")
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":77}}`, 400, "not found")
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":9}}`, 400, "not found")
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":1,"CREATED_BY":9}}`, 400, "Creator")
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":1,"DEADLINE":"tomorrow"}}`, 400, "date")
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":1,"UF_CRM_TASK":["CONTACT_1"]}}`, 400, "links")
	h.expect(addTask, "fields[TITLE]=a&fields[RESPONSIBLE_ID]=1&fields[UF_CRM_TASK][0]=C_7&fields[DEADLINE]=2026-09-21T10:00:00%2B03:00&fields[XML_ID]=k", 200, `"id":"8001"`)
	got := h.portal.State().Tasks
	if len(got) != 1 || got[0].Creator != 1 || got[0].CRM[0] != "C_7" || got[0].XMLID != "k" || got[0].Status != 2 {
		t.Errorf("tasks %+v", got)
	}
}

func TestTasksAreListedNewestFirstByDocumentedFiltersOnly(t *testing.T) {
	h := open(t, bitrixsim.Options{Rate: 100, Burst: 1000})
	first := h.portal.AddTask(bitrixsim.Task{Title: "a", Creator: 1, Responsible: 1, XMLID: "k"})
	h.now = h.now.Add(time.Hour)
	for range 60 {
		h.portal.AddTask(bitrixsim.Task{Title: "b", Creator: 5, Responsible: 1})
	}
	h.expect(listTasks, `{"order":{"XML_ID":"asc"}}`, 400, "Invalid sorting key")
	h.expect(listTasks, `{"select":["ID"]}`, 200, `{"next":50,"result":{"tasks":[{"id":"8061"}`)
	h.expect(listTasks, `{"filter":{"CREATED_BY":1},"select":["ID","XML_ID"]}`, 200, `{"result":{"tasks":[{"id":"8001","xmlId":"k"}]},"total":1}`)
	h.expect(listTasks, `{"filter":{">=CREATED_DATE":"2026-09-21T12:30:00+00:00"}}`, 200, `"total":60`)
	h.expect(listTasks, `{"filter":{"XML_ID":"k"}}`, 200, `"total":61`)
	h.portal.ChangeTask(first, func(*bitrixsim.Task) bool { return false })
	h.expect(getTask, `{"taskId":8001}`, 200, `{"result":[]}`)
	h.expect(getTask, `{"taskId":8002,"select":["STATUS"]}`, 200, `{"result":{"task":{"id":"8002","status":"2"}}}`)
	h.expect(getTask, `{"taskId":"x"}`, 400, "wrong task id")
	h = open(t, bitrixsim.Options{Switches: bitrixsim.Switches{FilterXMLID: true}})
	h.portal.AddTask(bitrixsim.Task{Title: "a", Creator: 1, Responsible: 1, XMLID: "k"})
	h.portal.AddTask(bitrixsim.Task{Title: "a", Creator: 1, Responsible: 1})
	h.expect(listTasks, `{"filter":{"XML_ID":"k"}}`, 200, `"total":1`)
}

func TestATaskIsCompletedOnceByWhoeverMay(t *testing.T) {
	h := open(t, bitrixsim.Options{})
	id := h.portal.AddTask(bitrixsim.Task{Title: "a", Creator: 5, Responsible: 6})
	h.expect(completeTask, `{"taskId":8001}`, 200, `"status":"5"`)
	h.expect(completeTask, `{"taskId":8001}`, 400, `{"error":"0","error_description":"Action on the task is not allowed"}`)
	h.expect(completeTask, `{"taskId":7}`, 400, "not allowed")
	h.portal.ChangeTask(id, func(t *bitrixsim.Task) bool { t.Status, t.Locked = 2, true; return true })
	h.expect(completeTask, `{"taskId":8001}`, 400, "not allowed")
}

func TestWhatIsNotDocumentedOfTasksIsASwitch(t *testing.T) {
	h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{
		TasksForDismissed: true, CreatorRequired: true, NoXMLID: true, CompleteTwice: true, Russian: true,
	}})
	h.portal.AddUser(bitrixsim.User{ID: 9})
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":9}}`, 400, "постановщик")
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":9,"CREATED_BY":1,"XML_ID":"k"}}`, 200, `"xmlId":null`)
	h.expect(completeTask, `{"taskId":8001}`, 200, `"status":"5"`)
	h.expect(completeTask, `{"taskId":8001}`, 200, `"status":"5"`)
}

func TestTasksNeedTheirOwnScope(t *testing.T) {
	h := open(t, bitrixsim.Options{Scope: "crm,telephony,user_basic,tasks_extended"})
	h.expect(addTask, `{"fields":{"TITLE":"a","RESPONSIBLE_ID":1}}`, 403, "insufficient_scope")
}

func TestALeadKeepsTheSourceThatItsCallNamed(t *testing.T) {
	h := open(t, bitrixsim.Options{})
	h.register("CRM_CREATE=1&CRM_SOURCE=CALL&SOURCE_ID=WEB")
	if got := h.portal.State().Clients; len(got) != 1 || got[0].Source != "CALL" {
		t.Errorf("clients %+v, want one with the source CALL", got)
	}
}

func TestThePageShowsTasks(t *testing.T) {
	h := open(t, bitrixsim.Options{})
	h.portal.AddTask(bitrixsim.Task{Title: "Call back 79161234567", Creator: 1, Responsible: 1, XMLID: "main-1.1"})
	resp, err := h.client.Get("https://demo.bitrix24.ru/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "Call back 79161234567") || !strings.Contains(string(page), "main-1.1") {
		t.Errorf("the page says %s", string(page))
	}
}
