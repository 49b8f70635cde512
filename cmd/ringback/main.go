// Command ringback brings the calls of an Asterisk PBX to a CRM.
package main

func main() {}
