package crm

// What a Target may offer beyond its methods: deliver looks for these.

// Afresh is a Target that can bring a parcel again that it has brought already,
// when a user asks for that.
type Afresh interface {
	// Afresh is the memo from which Next goes through the steps again: as an update
	// where the CRM can. Without this method, a target that can update keeps its
	// memo, so that only what Next finds is done; the steps of any other begin anew,
	// from no memo.
	Afresh(memo Memo) Memo
}

// AtOnce is a Target that wants to be asked by fewer, or bears more, at a time
// than deliver's own measure.
type AtOnce interface {
	// AtOnce is how many parcels may be under way, from 1 to 64.
	AtOnce() int
}
