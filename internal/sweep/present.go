package sweep

// present follows the time up to which records were read. A few records of
// another time do not move it: a PBX whose clock was wrong for a while, or a
// row that was written late, must not make the calls that go on look old.
type present struct {
	// at is that time; 0 before the first record.
	at int64
	// strangers are how many records in a row were of another time, and newest is
	// the newest of them.
	strangers int
	newest    int64
}

const (
	// near is how far from the present a record is not strange, in microseconds.
	near = 3600 * 1_000_000
	// convinced is how many records in a row of another time make that the
	// present.
	convinced = 32
)

func (p *present) see(at int64) {
	if p.at == 0 || at <= p.at+near && at >= p.at-near {
		p.at = max(p.at, at)
		p.strangers = 0
		return
	}
	if p.strangers == 0 || at > p.newest {
		p.newest = at
	}
	p.strangers++
	if p.strangers >= convinced {
		p.at, p.strangers = p.newest, 0
	}
}
