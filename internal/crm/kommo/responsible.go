package kommo

import (
	"slices"

	"ringback/internal/crm/policy"
)

// candidates are the users whom a call's ladder leads to, in order; the default
// users come last.
func (t *Target) candidates(p *policy.Part, m *memo) []int64 {
	var users []int64
	add := func(all ...int64) {
		for _, user := range all {
			if user != 0 && !slices.Contains(users, user) {
				users = append(users, user)
			}
		}
	}
	for _, who := range p.Responsible {
		switch who {
		case policy.OfClient:
			add(m.Owner)
		case policy.OfPerson:
			if p.Person != "" {
				add(t.settings.Users[p.Person])
			}
		case policy.OfDefault:
			add(p.DefaultUser, t.settings.DefaultUser)
		}
	}
	add(p.DefaultUser, t.settings.DefaultUser)
	return users
}

// awaitsOwner says that who has the call hangs on who has the client, and that the
// client is still looked for.
func (t *Target) awaitsOwner(p *policy.Part, m *memo) bool {
	return slices.Contains(p.Responsible, policy.OfClient) && m.ID == 0 && m.Tried < len(queries(p.Client))
}

// wantsUsers says that it must be asked who is active before it can be said who has
// the call.
func (t *Target) wantsUsers(p *policy.Part, m *memo) bool {
	return m.User == nil && !t.awaitsOwner(p, m) && len(t.candidates(p, m)) > 0 && t.account.wantsUsers()
}

// user has the call; 0 is nobody.
func (j *job) user() int64 {
	if j.memo.User == nil {
		j.settle()
	}
	return *j.memo.User
}

// settle decides who has the call: the first candidate who is not dismissed.
func (j *job) settle() {
	var user int64
	for _, one := range j.candidates(j.part, &j.memo) {
		if !j.account.dismissed(one) {
			user = one
			break
		}
	}
	j.memo.User = &user
}
