package signals

import (
	"crypto/sha256"
	"sync"
)

// memory knows which tokens were accepted, until they would be refused anyway.
// It is of one node; what another one accepts again takes back nothing more,
// since a revocation is of what was issued until the issuer spoke.
type memory struct {
	mu    sync.Mutex
	until map[[16]byte]int64 // guarded by mu
}

func digest(id string) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:16])
}

func (m *memory) has(id string, now int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.until[digest(id)]
	return ok && now <= until
}

// full reports whether nothing more can be remembered.
func (m *memory) full(now int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	return len(m.until) >= maxRemembered
}

// keep remembers an id where there is room.
func (m *memory) keep(id string, until, now int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.until == nil {
		m.until = map[[16]byte]int64{}
	}
	if m.forget(now); len(m.until) < maxRemembered {
		m.until[digest(id)] = until
	}
}

// forget drops what has lapsed, once there is no room. The caller holds mu.
func (m *memory) forget(now int64) {
	if len(m.until) < maxRemembered {
		return
	}
	for id, until := range m.until {
		if until < now {
			delete(m.until, id)
		}
	}
}
