package kommosim

// Assign gives an entity to a user.
func (s *Sim) Assign(kind string, id, user int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entities[kind][id].Responsible = user
}
