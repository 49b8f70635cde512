package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Refer is a blind transfer to number.
func (c *Call) Refer(number string) {
	c.log("blind transfer", "REFER to "+number)
	c.refer("<sip:" + number + "@" + c.ua.pbx.String() + ">")
}

// ReferTo joins this call with other: attended transfer with Replaces.
func (c *Call) ReferTo(other *Call) {
	c.log("attended transfer", "REFER with Replaces of its other call to "+userOf(other.rhdr))
	c.refer(fmt.Sprintf("<%s?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3D%s>", uriOf(other.rhdr), strings.ReplaceAll(other.id, "@", "%40"), other.rtag, other.ltag))
}

func (c *Call) refer(to string) {
	code := c.do("REFER", []hdr{{"Refer-To", to}, {"Referred-By", uriWrap(c.lhdr)}}, "")
	if code != 202 {
		c.log("transfer refused", strconv.Itoa(code))
		return
	}
	t := time.After(20 * time.Second)
	for {
		select {
		case s := <-c.notify:
			c.log("transfer progress", s)
			if !strings.HasPrefix(s, "SIP/2.0 1") {
				select {
				case <-c.ended:
				case <-time.After(400 * time.Millisecond):
					c.Bye()
				}
				return
			}
		case <-c.ended:
			return
		case <-t:
			c.log("transfer: no final NOTIFY", "")
			return
		}
	}
}
func uriWrap(v string) string { return "<" + uriOf(v) + ">" }
