// Package crmtest is the suite that every target passes against its simulator:
// each request of a delivery is hit by each class of fault, and at the end every
// call is there exactly once.
//
// It drives targets through deliver, as the program does, on a journal of its own.
package crmtest
