package counter

import (
	"encoding/binary"
	"testing"
	"time"
)

// FuzzRead: whatever a server answers, nothing is granted beyond what was asked
// for, and no time is out of bounds.
func FuzzRead(f *testing.F) {
	for _, row := range [][]int64{{1, 1, 1, 1, 1, 1}, {-1, 5, 0, 0, 0, 0}, {9, 1 << 50, 3, 4, 5, 1 << 52}, {0, 1, 1, 1, 1, -1}, {1 << 62, 1, 1, 1, 1, 1}, {}} {
		var raw []byte
		for _, n := range row {
			raw = binary.BigEndian.AppendUint64(raw, uint64(n))
		}
		for kind := range byte(5) {
			f.Add(raw, kind, int64(9), int64(1), int64(time.Minute))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, kind byte, want, need, life int64) {
		var values []int64
		for ; len(raw) >= 8; raw = raw[8:] {
			values = append(values, int64(binary.BigEndian.Uint64(raw)))
		}
		begun := time.UnixMicro(1_700_000_000_000_000)
		q := question{kind: Kind(kind % 5), want: want & (1<<40 - 1), need: need & (1<<40 - 1), life: time.Duration(life & (1<<60 - 1)), began: begun.Add(-time.Hour), ends: begun.Add(time.Hour)}
		a, ok := read(values, &q)
		if !ok || a.period {
			return
		}
		g := a.grant(&q, begun)
		switch {
		case g.Units < 0, g.Units > q.want:
			t.Errorf("%d units of %d", g.Units, q.want)
		case g.Units > 0 && g.Units < q.need && q.kind != Concurrency:
			t.Errorf("%d units, where %d are needed", g.Units, q.need)
		case g.Until.After(begun.Add(q.life)):
			t.Errorf("until %v", g.Until)
		case g.Remaining < 0, g.Retry < 0, g.Retry > maxRetry:
			t.Errorf("%+v", g)
		}
	})
}
