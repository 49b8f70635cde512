// Package history brings thousands of past calls of all kinds through the whole engine
// (sources, sweep, runs, journal, deliveries, adapters, recordings) into each simulated
// CRM, among faults and kills, on a clock of its own: `make history`. Its tests are all
// there is to it.
//
// It puts the rooms together as the program does, and must not know what a call is from
// them: what must arrive is worked out here from how the records were made.
package history
