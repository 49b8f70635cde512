package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// Truth is the phone-side log: what the telephones themselves saw.
type Truth struct {
	mu sync.Mutex
	t0 time.Time
	ev []TruthEv
}
type TruthEv struct {
	Time   string  `json:"time"` // UTC
	Sec    float64 `json:"sec"`  // seconds from the scenario's start
	Phone  string  `json:"phone"`
	Event  string  `json:"event"`
	Detail string  `json:"detail,omitempty"`
	CallID string  `json:"call_id,omitempty"`
}

func (t *Truth) Reset() { t.mu.Lock(); t.t0 = time.Now(); t.ev = nil; t.mu.Unlock() }
func (t *Truth) Add(phone, event, detail, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := time.Now()
	t.ev = append(t.ev, TruthEv{n.UTC().Format("2006-01-02 15:04:05.000"), float64(n.Sub(t.t0).Milliseconds()) / 1000, phone, event, detail, id})
}

func (t *Truth) Save(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for _, e := range t.ev {
		b, _ := json.Marshal(e)
		f.Write(append(b, '\n'))
	}
}
