package dialplan

import "strings"

// Channel is the name of a channel taken apart.
type Channel struct {
	// Name is the whole name, without the prefixes and suffixes that Asterisk
	// adds when it exchanges channels (AsyncGoto/, <ZOMBIE>, <MASQ>).
	Name string
	// Technology is what stands before the first slash: PJSIP, SIP, Local, …
	Technology string
	// Endpoint is the device or trunk: what stands between the slash and the
	// serial number after the last dash.
	Endpoint string
	// Half is 1 or 2 for the two ends of a Local pair, 0 for others.
	Half int
	// Exten and Context are the destination of a Local channel.
	Exten, Context string
}

// exchanged are the names that Asterisk gives to a channel while it exchanges
// it with another (main/channel.c, main/pbx.c).
var exchanged = []string{"AsyncGoto/", "Transfered/", "Parked/", "Surrogate/", "Bridge/"}

// ParseChannel takes a channel's name apart.
func ParseChannel(name string) Channel {
	for _, prefix := range exchanged {
		name = strings.TrimPrefix(name, prefix)
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "<ZOMBIE>"), "<MASQ>")
	c := Channel{Name: name}
	slash := strings.IndexByte(name, '/')
	if slash < 0 {
		return c
	}
	c.Technology = name[:slash]
	c.Endpoint = name[slash+1:]
	if c.Technology == "Local" {
		c.pair()
		return c
	}
	if dash := strings.LastIndexByte(c.Endpoint, '-'); dash > 0 {
		c.Endpoint = c.Endpoint[:dash]
	}
	if c.Technology == "DAHDI" || c.Technology == "Zap" {
		// DAHDI/i1/74951234567-1: the span is the trunk, not the number.
		if slash := strings.IndexByte(c.Endpoint, '/'); slash > 0 {
			c.Endpoint = c.Endpoint[:slash]
		}
	}
	return c
}

// serialDigits is how long the serial number after the last dash is
// (main/channel.c: %08x).
const serialDigits = 8

// withoutSerial is what all channels of one device have in common.
func (c Channel) withoutSerial() string {
	cut := len(c.Name) - serialDigits
	if cut > 0 && c.Name[cut-1] == '-' {
		return c.Name[:cut]
	}
	return c.Name
}

// pair reads Local/exten@context-serial;half.
func (c *Channel) pair() {
	rest, half, ok := strings.Cut(c.Endpoint, ";")
	if ok && len(half) > 0 {
		switch half[0] {
		case '1':
			c.Half = 1
		case '2':
			c.Half = 2
		}
	}
	if dash := strings.LastIndexByte(rest, '-'); dash > 0 {
		rest = rest[:dash]
	}
	c.Endpoint = rest
	c.Exten, c.Context, _ = strings.Cut(rest, "@")
}

// OtherHalf is the name of the other end of a Local pair, "" for others.
func (c Channel) OtherHalf() string {
	switch c.Half {
	case 1:
		return c.Name[:len(c.Name)-1] + "2"
	case 2:
		return c.Name[:len(c.Name)-1] + "1"
	}
	return ""
}

// nobodys are the technologies of channels behind which nobody sits: they mix,
// announce, record, listen or carry messages.
var nobodys = map[string]bool{
	"Local": true, "CBAnn": true, "CBRec": true, "ConfBridge": true, "Announcer": true, "Recorder": true,
	"Snoop": true, "Message": true, "MulticastRTP": true, "UnicastRTP": true, "Console": true, "WebSocket": true,
	"OutgoingSpoolFailed": true, "AudioSocket": true, "Rtp": true, "Bridge": true, "Test": true,
}

// Line says that the channel is a telephone or a line, behind which a person
// can be.
func (c Channel) Line() bool {
	return c.Technology != "" && !nobodys[c.Technology]
}

// Local says that the channel is one end of a Local pair.
func (c Channel) Local() bool { return c.Technology == "Local" }

// Dialled is one destination of Dial: PJSIP/79161234567@trunk.
type Dialled struct {
	Technology string
	// Endpoint is the device or trunk.
	Endpoint string
	// Number is what is sent to it, "" when the endpoint alone is dialled.
	Number string
}

// ParseDial reads the destinations in the arguments of Dial (app_dial.c):
// PJSIP/number@endpoint, PJSIP/endpoint, SIP/endpoint/number,
// IAX2/user@endpoint/number, DAHDI/g0/number, joined by &.
func ParseDial(arguments string) []Dialled {
	destinations, _, _ := strings.Cut(arguments, ",")
	if destinations == "" {
		return nil
	}
	var list []Dialled
	for destination := range strings.SplitSeq(destinations, "&") {
		technology, rest, ok := strings.Cut(destination, "/")
		if !ok {
			continue
		}
		list = append(list, destinationOf(technology, rest))
	}
	return list
}

func destinationOf(technology, rest string) Dialled {
	d := Dialled{Technology: technology}
	if technology == "Local" {
		d.Endpoint = strings.TrimSuffix(strings.TrimSuffix(rest, "/n"), "/nj")
		return d
	}
	if endpoint, number, ok := strings.Cut(rest, "/"); ok && !strings.HasPrefix(number, "sip:") {
		_, at, found := strings.Cut(endpoint, "@")
		if found {
			endpoint = at
		}
		if host, _, ok := strings.Cut(endpoint, ":"); ok {
			endpoint = host
		}
		d.Endpoint, d.Number = endpoint, number
		return d
	}
	rest, uri, _ := strings.Cut(rest, "/sip:")
	if number, endpoint, ok := strings.Cut(rest, "@"); ok {
		d.Endpoint, d.Number = endpoint, number
		return d
	}
	d.Endpoint = rest
	if user, _, ok := strings.Cut(uri, "@"); ok {
		d.Number = user
	}
	return d
}
