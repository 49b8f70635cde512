package main

import (
	"fmt"
	"math/rand"
	"net"
	"strconv"
	"strings"
	"time"
)

func (c *Call) sdp(dir string) string {
	c.sdpVer++
	return fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=%s\r\n",
		c.sdpVer, c.ua.host, c.ua.host, c.rtp.LocalAddr().(*net.UDPAddr).Port, dir)
}

// media sends 20 ms PCMU frames of a soft tone to where the SDP says, until the call ends.
func (c *Call) media(sdp string) {
	var ip string
	var port int
	for l := range strings.SplitSeq(sdp, "\r\n") {
		if strings.HasPrefix(l, "c=IN IP4 ") {
			ip = l[9:]
		}
		if strings.HasPrefix(l, "m=audio ") {
			port, _ = strconv.Atoi(strings.Fields(l[8:])[0])
		}
	}
	if port == 0 || ip == "" {
		return
	}
	go func() {
		b := make([]byte, 2048)
		for {
			if _, _, err := c.rtp.ReadFromUDP(b); err != nil {
				return
			}
		}
	}()
	c.ua.mu.Lock()
	mute := c.ua.mute
	c.ua.mu.Unlock()
	if mute {
		return
	}
	go func() {
		dst := &net.UDPAddr{IP: net.ParseIP(ip), Port: port}
		p := make([]byte, 172)
		p[0], p[1] = 0x80, 0
		ssrc := rand.Uint32()
		p[8], p[9], p[10], p[11] = byte(ssrc>>24), byte(ssrc>>16), byte(ssrc>>8), byte(ssrc)
		for i := 12; i < 172; i++ { // a square tone of 400 Hz
			if (i/10)%2 == 0 {
				p[i] = 0x9f
			} else {
				p[i] = 0x1f
			}
		}
		var seq uint16
		var ts uint32
		tk := time.NewTicker(20 * time.Millisecond)
		defer tk.Stop()
		for {
			select {
			case <-c.ended:
				return
			case <-tk.C:
				seq++
				ts += 160
				p[2], p[3] = byte(seq>>8), byte(seq)
				p[4], p[5], p[6], p[7] = byte(ts>>24), byte(ts>>16), byte(ts>>8), byte(ts)
				c.rtp.WriteToUDP(p, dst)
			}
		}
	}()
}
