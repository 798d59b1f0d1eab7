package serve

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/record/sink/syslog"
)

// TestFacilities finds each facility of gatehouse.yaml under its number.
func TestFacilities(t *testing.T) {
	for _, name := range config.SyslogFacility("").Words() {
		if n := facility(config.SyslogFacility(name)); syslog.Facilities[n] != name {
			t.Error(name, n)
		}
	}
	if facility("local0") != 16 || facility("authpriv") != 10 { // RFC 5424 section 6.2.1
		t.Error("the numbers are others")
	}
}
