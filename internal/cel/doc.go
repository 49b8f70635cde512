// Package cel says what a CEL record is: its event types, its fields, its time.
//
// It turns what the backends of Asterisk write (text, numbers, several
// vintages of names) into one form. It knows no database, no clock and
// nothing of calls.
package cel
