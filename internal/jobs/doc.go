// Package jobs keeps work that must survive a restart in a queue beside the
// journal: what is enqueued in a journal's transaction is there if and only
// if the transaction was.
//
// A job is a kind and a key and no more; what it is about stands in the
// journal, which also decides whether anything is left to do when a job is
// repeated. This is the only package that knows River.
package jobs
