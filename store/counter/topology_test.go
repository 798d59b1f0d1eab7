package counter

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t, "--cluster-enabled", "yes")
	if answer := server.Do("CLUSTER", "ADDSLOTSRANGE", "0", "16383"); answer != "+OK" {
		t.Fatal(answer)
	}
	for !strings.Contains(server.Do("CLUSTER", "INFO"), "cluster_state:ok") {
		time.Sleep(time.Millisecond)
	}
	c := open(t, server.Address, func(o *Options) { o.Cluster = true })
	for n := range byte(20) { // in slots here and there
		a := rate(10, time.Hour, 10)
		a.Key = name(n)
		if g := take(t, c, asking(a, 20, 1)); g.Units != 10 {
			t.Errorf("%+v", g)
		}
	}
}

// TestSentinel: gates ask the sentinel where the primary is.
func TestSentinel(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t)
	sentinel := testdata.StartSentinel(t, "gates", server)
	c := open(t, sentinel.Address, func(o *Options) { o.Sentinel = "gates" })
	if g := take(t, c, asking(rate(10, time.Hour, 10), 20, 1)); g.Units != 10 {
		t.Errorf("%+v", g)
	}
}
