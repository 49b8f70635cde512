// Package soak keeps the whole program at work for as long as one likes, among kills,
// faults and clocks that are set, and looks whether every call still arrives once and
// nothing grows: `make soak`. Its tests are all there is to it.
//
// It drives the program from outside, and must not know how the program does its work.
package soak
