package config

import (
	"strings"
	"time"
)

// The defaults. Those of the dial plan's expressions are dialplan's.
const (
	DefaultListen       = "127.0.0.1:8077"
	DefaultState        = "sqlite:///var/lib/ringback/state.db"
	DefaultKeyFile      = "/var/lib/ringback/state.key"
	DefaultSilence      = Duration(4 * time.Hour)
	DefaultKeepOutcomes = Duration(30 * 24 * time.Hour)
	DefaultKeepRuns     = Duration(365 * 24 * time.Hour)
	DefaultTaskDeadline = Duration(4 * time.Hour)
	DefaultOAuthURL     = "https://oauth.bitrix24.tech"
)

// setDefaults fills in what the file leaves out.
func (c *Config) setDefaults() {
	orElse(&c.Timezone, Zone{time.Local})
	orElse(&c.Server.Listen, DefaultListen)
	if !c.State.URL.IsSet() {
		preset(&c.State.URL, DefaultState)
	}
	if c.State.KeyFile == "" {
		c.State.KeyFile = DefaultKeyFile
		if u := c.State.URL.URL(); u != nil && c.State.URL.Backend() == "sqlite" {
			c.State.KeyFile = strings.TrimSuffix(u.Path, ".db") + ".key"
		}
	}
	orElse(&c.State.KeepOutcomes, DefaultKeepOutcomes)
	orElse(&c.State.KeepRuns, DefaultKeepRuns)
	orElse(&c.Log.Level, LogInfo)
	orElse(&c.Log.Format, LogText)
	for i := range c.PBX {
		orElse(&c.PBX[i].Timezone, c.Timezone)
		orElse(&c.PBX[i].Silence, DefaultSilence)
	}
	for i := range c.Targets {
		c.Targets[i].setDefaults()
	}
}

func (t *Target) setDefaults() {
	if t.MissedTasks != nil {
		orElse(&t.MissedTasks.Deadline, DefaultTaskDeadline)
		if t.MissedTasks.Responsible == nil {
			t.MissedTasks.Responsible = []Responsible{OfClient, OfRang, OfDefault}
		}
	}
	if t.Type == Bitrix24 || t.Type == Kommo {
		orElse(&t.Calls, Whole)
		if t.MissedResponsible == nil {
			t.MissedResponsible = []Responsible{OfRang, OfDefault}
		}
	}
	switch t.Type {
	case Bitrix24:
		if !t.OAuthURL.IsSet() {
			preset(&t.OAuthURL, DefaultOAuthURL)
		}
	case Kommo:
		orElse(&t.UnknownCallers, Unsorted)
	case Webhook:
	}
}

// orElse sets what is unset.
func orElse[T comparable](setting *T, value T) {
	var unset T
	if *setting == unset {
		*setting = value
	}
}

// preset sets a default that holds no secret and is known to be good.
func preset(setting settable, text string) { _ = setting.set(text, environment{}) }
