package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// celFields are the fields whose columns may have other names; id is the key
// that counts the rows.
var celFields = []string{
	"id", "eventtype", "eventtime", "userdeftype", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten",
	"context", "channame", "appname", "appdata", "accountcode", "peeraccount", "uniqueid", "linkedid", "userfield", "peer", "extra",
}

var columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,63}$`)

func (c checker) pbx(pbx *PBX, p place) {
	c.require(p, "cel", `give the URL of its CEL, such as cel = "mysql://user:password@127.0.0.1:3306/asteriskcdrdb?table=cel"`)
	c.absolute(p.field("recordings").field("directory"), pbx.Recordings.Directory)
	columns := p.field("columns")
	if !c.sound(columns) {
		return
	}
	for _, field := range c.doc.places[columns.path].names {
		at := columns.field(field)
		switch column := pbx.Columns[field]; {
		case !slices.Contains(celFields, field):
			c.refuseKey(at, "CEL has no field "+quoteKey(field), "its fields are "+strings.Join(celFields, ", "))
		case c.sound(at) && !columnName.MatchString(column):
			c.refuse(at, fmt.Sprintf("%q is no name of a column", column), "use letters, digits and _")
		}
	}
}
