package mysql

import (
	"bufio"
	"context"
	"net"
)

// readAhead is how much is taken from the socket at a time; the driver itself
// asks for 4 kB.
const readAhead = 64 << 10

func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &buffered{Conn: conn, r: bufio.NewReaderSize(conn, readAhead)}, nil
}

// buffered is a connection that reads ahead.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.r.Read(p) }
