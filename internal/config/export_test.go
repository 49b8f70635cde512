package config

// Keys gives every key of the configuration to the test of the documentation:
// the table's header, then the key.
func Keys() [][2]string {
	var all [][2]string
	for _, k := range keys() {
		all = append(all, [2]string{k.table, k.name})
	}
	return all
}
