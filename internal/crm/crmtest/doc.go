// Package crmtest is the suite that every target passes, against its simulator.
package crmtest
