package config

// Config is a whole configuration.
type Config struct {
	// Timezone is the zone of PBXs that name none.
	Timezone Zone   `toml:"timezone"`
	Server   Server `toml:"server"`
	State    State  `toml:"state"`
	Log      Log    `toml:"log"`
	// Recording is about what is made of recordings.
	Recording Recording `toml:"recording"`
	PBX       []PBX     `toml:"pbx"`
	Targets   []Target  `toml:"target"`
}

// Recording says what is made of the PBXs' recordings.
type Recording struct {
	// Encoder converts them to MP3: "lame", "sox", "ffmpeg" or the whole path of one
	// of them, "auto" for the first that is installed; "" leaves them as they
	// are.
	Encoder string `toml:"encoder"`
}

// Server is about HTTP: the API, the panel, metrics, recordings' links.
type Server struct {
	Listen Listen `toml:"listen"`
	// MetricsListen gives /metrics an address of its own; unset, it is served with the rest.
	MetricsListen Listen `toml:"metrics_listen"`
	// PublicURL is how browsers and CRMs reach the server.
	PublicURL WebURL `toml:"public_url"`
	// TrustedProxies are believed when they say whom a request comes from.
	TrustedProxies []Network `toml:"trusted_proxies"`
	// TLSCert and TLSKey are paths, both set or both "".
	TLSCert string `toml:"tls_cert"`
	TLSKey  string `toml:"tls_key"`
	// LinkKey signs the links to recordings; unset, the journal keeps one.
	LinkKey Secret `toml:"link_key"`
	// LinkLifetime is how long such a link works; zero means for ever.
	LinkLifetime Duration `toml:"link_lifetime"`
	Users        []User   `toml:"user"`
}

// User is an account of the API and the panel.
type User struct {
	Name string `toml:"name"`
	Role Role   `toml:"role"`
	// Password is only how the file gives it: after Parse it is unset, and
	// the hashes are there.
	Password Secret `toml:"password"`
	// SHA256 and MD5 are the hashes that digest authentication needs (RFC
	// 7616, section 3.4.2: HA1), in lower-case hexadecimal. They are as good
	// as the password for logging in, hence secrets. MD5 is unset where the
	// file gives SHA256 alone.
	SHA256 Secret `toml:"password_hash_sha256"`
	MD5    Secret `toml:"password_hash_md5"`
}

// State is where the journal is kept.
type State struct {
	URL StateURL `toml:"url"`
	// KeyFile holds the key that what targets keep is encrypted with; "" means a
	// file beside the journal.
	KeyFile string `toml:"key_file"`
	// KeepOutcomes is how long after a run the outcomes of its calls are kept, but
	// for failed ones, which last as long as the run.
	KeepOutcomes Duration `toml:"keep_outcomes"`
	// KeepRuns is how long runs are kept after their end.
	KeepRuns Duration `toml:"keep_runs"`
}

// Log is what the program writes about itself to standard error.
type Log struct {
	Level  LogLevel  `toml:"level"`
	Format LogFormat `toml:"format"`
}

// PBX is one Asterisk whose calls are read.
type PBX struct {
	Name string    `toml:"name"`
	CEL  SourceURL `toml:"cel"`
	// Timezone is the zone in which the PBX writes eventtime.
	Timezone Zone `toml:"timezone"`
	// Silence is how long a call without an end may go without a record
	// before it is taken for over.
	Silence Duration `toml:"silence"`
	// Columns maps fields by their CEL names to columns, where those differ.
	Columns    map[string]string `toml:"columns"`
	Dialplan   Dialplan          `toml:"dialplan"`
	Recordings Recordings        `toml:"recordings"`
}

// Dialplan tells ours from theirs. An empty list means the default, which fits
// FreePBX.
type Dialplan struct {
	Extensions       []Pattern `toml:"extensions"`
	Trunks           []Pattern `toml:"trunks"`
	IncomingContexts []Pattern `toml:"incoming_contexts"`
}

// Recordings says where a PBX keeps its recordings; "" means that they cannot
// be reached.
type Recordings struct {
	Directory string `toml:"directory"`
}

// Target is where finished calls are delivered. The tag "for" lists the types
// of target that a key belongs to; keys without it belong to all.
type Target struct {
	Name string     `toml:"name"`
	Type TargetType `toml:"type"`
	// PBX names the PBXs whose calls come here; empty means all.
	PBX []string `toml:"pbx"`
	// URL is unset for a Bitrix24 that is reached through Webhook.
	URL WebURL `toml:"url"`

	// Secret signs requests; unset, they are not signed.
	Secret Secret `toml:"secret" for:"webhook"`

	Webhook  WebURL `toml:"webhook" for:"bitrix24"`
	OAuthURL WebURL `toml:"oauth_url" for:"bitrix24"`

	ClientID     string `toml:"client_id" for:"bitrix24 kommo"`
	ClientSecret Secret `toml:"client_secret" for:"bitrix24 kommo"`
	RefreshToken Secret `toml:"refresh_token" for:"bitrix24 kommo"`

	Token       Secret `toml:"token" for:"kommo"`
	RedirectURI WebURL `toml:"redirect_uri" for:"kommo"`
	Code        Secret `toml:"code" for:"kommo"`

	// DefaultUser is a user of the CRM; zero means none.
	DefaultUser int64 `toml:"default_user" for:"bitrix24 kommo"`
	// Users maps extensions to users of the CRM.
	Users         map[string]int64 `toml:"users" for:"bitrix24 kommo"`
	Recordings    bool             `toml:"recordings" for:"bitrix24 kommo"`
	InternalCalls bool             `toml:"internal_calls" for:"bitrix24 kommo"`

	Line               string `toml:"line" for:"bitrix24"`
	AnonymousNumber    string `toml:"anonymous_number" for:"bitrix24"`
	CreateLeads        bool   `toml:"create_leads" for:"bitrix24"`
	CreateLeadsForPast bool   `toml:"create_leads_for_past" for:"bitrix24"`

	UnknownCallers UnknownCallers `toml:"unknown_callers" for:"kommo"`

	// Calls says what is delivered of a call in which several of ours took part.
	Calls Calls `toml:"calls" for:"bitrix24 kommo"`
	// MissedResponsible is who is responsible for a call that nobody answered, in
	// the order in which they are tried.
	MissedResponsible []Responsible `toml:"missed_responsible" for:"bitrix24 kommo"`
	// Source is that of what the portal makes of a call.
	Source Source `toml:"source" for:"bitrix24"`
	// Rewrite changes clients' numbers: the first rule that matches does.
	Rewrite []Rewrite `toml:"rewrite" for:"bitrix24 kommo"`
	// Keep, unless empty, lists the only calls that are delivered; Leave lists
	// calls that are not, even where Keep has them.
	Keep  Lists `toml:"keep"`
	Leave Lists `toml:"leave"`
	// Trunks hold for the calls of single trunks, by the trunk's name.
	Trunks map[string]Trunk `toml:"trunks" for:"bitrix24 kommo"`
	// MissedTasks is nil when missed calls become no tasks.
	MissedTasks *MissedTasks `toml:"missed_tasks" for:"bitrix24"`
}
