// Package journal is the program's own durable memory: the calls it has
// assembled, the runs it was asked for, and what became of each call.
//
// What was done is decided here alone: a job that is repeated finds in the
// journal that nothing is left to do. The SQL is one text for every engine
// ($1 placeholders, ON CONFLICT, RETURNING), one file an aggregate; an engine
// adds connections and migrations. The package knows what a call looks like
// and nothing of how calls are read, queued or delivered.
//
// Times are stored as microseconds since 1970 in UTC.
package journal
